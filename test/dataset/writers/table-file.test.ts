import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../src/dataset/load-dataset.js";
import { rowTable } from "../../../src/dataset/prepare/row-table.js";
import type { PairRow } from "../../../src/dataset/rows/row-types.js";
import { type TableFileOptions, writeTable } from "../../../src/dataset/writers/table-file.js";
import { temporaryFolder, userErrorOf } from "../temporary-files.js";

const rows = (texts: readonly string[]): PairRow[] =>
  texts.map((text, i) => ({ anchor: text, positive: `p ${i}`, negatives: [], line: i + 2 }));

const written = async (
  name: string,
  data: readonly PairRow[],
  options?: TableFileOptions,
): Promise<string> => {
  const path = join(temporaryFolder(), name);
  await writeTable(path, rowTable({ kind: "pair", rows: data }), options);
  return path;
};

/** A text that is not empty after trimming and holds nothing that readers refuse. */
const text = fc
  .string({ unit: fc.constantFrom(..."ab,;|\t\"'=\n -@+é"), minLength: 1, maxLength: 8 })
  .map((s) => s.trim())
  .filter((s) => s !== "");

describe("writeTable", () => {
  it.each(["t.csv", "t.tsv", "t.jsonl", "t.csv.gz"])(
    "%s is read as it was written",
    async (name) => {
      const row = fc.record({
        anchor: text,
        positive: text,
        negatives: fc.uniqueArray(text, { maxLength: 3 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(row, { minLength: 2, maxLength: 6 }), async (made) => {
          const clean = made.map((r, i) => ({
            ...r,
            negatives: r.negatives.filter((n) => n !== r.anchor && n !== r.positive),
            line: i + 2,
          }));
          const data = await loadDataset(await written(name, clean));
          const bare = (all: readonly PairRow[]) => all.map(({ line: _, ...rest }) => rest);
          expect(bare(data.rows as readonly PairRow[])).toEqual(bare(clean));
        }),
        { numRuns: 60 },
      );
    },
  );

  it("keeps a .tsv's texts whole where tabs and line breaks line up as a table without quotes", async () => {
    const data = [{ anchor: "a", positive: "b\n\tc", negatives: [], line: 2 }, ...rows(["d"])];
    const read = await loadDataset(await written("t.tsv", data));
    expect(read.rows).toMatchObject([{ positive: "b\n\tc" }, { anchor: "d" }]);
  });

  it("compresses .gz and gives lists one column each", async () => {
    const data = [{ anchor: "a", positive: "b", negatives: ["c", "d"], line: 2 }, ...rows(["e"])];
    const path = await written("t.tsv.gz", data);
    expect(gunzipSync(readFileSync(path)).toString()).toBe(
      '"anchor"\t"positive"\t"negative_1"\t"negative_2"\na\tb\tc\td\ne\tp 0\t\t\n',
    );
    expect(readFileSync(await written("t.jsonl", data), "utf8").split("\n")[0]).toBe(
      '{"anchor":"a","positive":"b","negatives":["c","d"]}',
    );
  });

  it("puts ' before what a spreadsheet would run, when asked to", async () => {
    const texts = ["=1+1", "+cmd", "-x", "@sum", "-3", "a=b"];
    const safe = readFileSync(await written("t.csv", rows(texts), { csvSafe: true }), "utf8");
    expect(
      safe
        .split("\n")
        .slice(1, 7)
        .map((line) => line.split(",")[0]),
    ).toEqual(["'=1+1", "'+cmd", "'-x", "'@sum", "-3", "a=b"]);
    expect(readFileSync(await written("t.csv", rows(texts)), "utf8")).toContain("\n=1+1,");
  });

  it("refuses other extensions and existing files", async () => {
    const error = await userErrorOf(written("t.cvs", rows(["a"])));
    expect(error).toMatchObject({ code: "unknown-table-format", exitCode: 2 });
    expect(error.hint).toContain(".csv");
    const path = await written("t.csv", rows(["a"]));
    const again = writeTable(path, rowTable({ kind: "pair", rows: rows(["b"]) }));
    expect((await userErrorOf(again)).code).toBe("out-exists");
    expect(readFileSync(path, "utf8")).toContain("a,p 0");
  });

  it("leaves nothing behind when it fails half-way", async () => {
    const folder = temporaryFolder();
    const broken = (function* () {
      yield ["a".repeat(2 ** 21)];
      throw new Error("stop");
    })();
    const table = { columns: [{ name: "text" }], rows: broken };
    await expect(writeTable(join(folder, "t.csv"), table)).rejects.toThrow("stop");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("replaces a symbolic link instead of writing through it", async () => {
    const folder = temporaryFolder();
    const outside = join(folder, "outside.csv");
    writeFileSync(outside, "untouched");
    mkdirSync(join(folder, "out"));
    const link = join(folder, "out", "t.csv");
    symlinkSync(outside, link);
    await writeTable(link, rowTable({ kind: "pair", rows: rows(["a"]) }), { overwrite: true });
    expect(readFileSync(outside, "utf8")).toBe("untouched");
    expect(readFileSync(link, "utf8")).toContain("a,p 0");
    expect(existsSync(outside)).toBe(true);
  });
});
