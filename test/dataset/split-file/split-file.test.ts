import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../../src/dataset/load-dataset.js";
import { planSplit, type SplitFileOptions } from "../../../src/dataset/split-file/plan-split.js";
import { writeSplit } from "../../../src/dataset/split-file/write-split.js";
import { temporaryFile, temporaryFolder, userErrorOf } from "../temporary-files.js";

const data = join(import.meta.dirname, "..", "..", "..", "..", "shared", "data");

interface Parts {
  readonly [name: string]: string;
}

const split = async (file: string, options: SplitFileOptions): Promise<Parts> => {
  const out = join(temporaryFolder(), "parts");
  await writeSplit(await planSplit(file, options), out);
  return Object.fromEntries(
    readdirSync(out).map((name) => [name, readFileSync(join(out, name), "utf8")]),
  );
};
const rowsOf = (part: string | undefined): string[] => (part ?? "").split("\n").slice(1, -1);

describe("splitting a file", () => {
  const pairs = (n: number): string =>
    `anchor,positive\n${Array.from({ length: n }, (_, i) => `a${i % (n - 5)},p${i}\n`).join("")}`;

  it("copies header and rows as they stand", async () => {
    const content = 'id;question;answer\r\n1;"a ""x""\r\ny";b\r\n2;c;d\r\n\r\n3;e;"f;g"\r\n4;h;i';
    const file = temporaryFile(content);
    const out = await split(file, { eval: 1 });
    const header = "id;question;answer\r\n";
    expect(Object.keys(out)).toEqual(["eval.csv", "split.json", "train.csv"]);
    for (const name of ["train.csv", "eval.csv"])
      expect(out[name]).toMatch(/^id;question;answer\r\n/);
    const body = [out["eval.csv"], out["train.csv"]].map((part) => part.slice(header.length));
    const records = ['1;"a ""x""\r\ny";b\r\n', "2;c;d\r\n\r\n", '3;e;"f;g"\r\n', "4;h;i\n"];
    expect(records).toContain(body[0]);
    expect(body[1]).toBe(records.filter((record) => record !== body[0]).join(""));
  });

  it("makes the parts asked for, always the same", async () => {
    const file = temporaryFile(pairs(100));
    const once = await split(file, { eval: 0.2, test: 10 });
    expect(rowsOf(once["eval.csv"])).toHaveLength(20);
    expect(rowsOf(once["test.csv"])).toHaveLength(10);
    expect(rowsOf(once["train.csv"])).toHaveLength(70);
    expect(await split(file, { eval: 0.2, test: 10 })).toEqual(once);
    expect((await split(file, { eval: 0.2, test: 10, seed: 1 }))["eval.csv"]).not.toBe(
      once["eval.csv"],
    );
    const record = JSON.parse(once["split.json"]) as { parts: unknown; source: { rows: number } };
    expect(record.source.rows).toBe(100);
  });

  it("reads and writes gzip, and JSON lines", async () => {
    const lines = Array.from(
      { length: 10 },
      (_, i) => `{"query": "q${i}", "pos": ["p${i}"], "x": {"y": ${i}}}\n`,
    );
    const file = temporaryFile(gzipSync(lines.join("")), "data.jsonl.gz");
    const out = join(temporaryFolder(), "parts");
    await writeSplit(await planSplit(file, { eval: 3 }), out);
    const parts = ["train", "eval"].map((name) =>
      gunzipSync(readFileSync(join(out, `${name}.jsonl.gz`))).toString(),
    );
    expect(parts.map((part) => part.split("\n").length - 1)).toEqual([7, 3]);
    expect(parts.join("").split("\n").sort()).toEqual(lines.join("").split("\n").sort());
  });

  const word = fc.integer({ min: 0, max: 14 }).map((i) => `t${i}`);
  const row = fc.tuple(word, word, fc.constantFrom("x", "y"));

  it.each(["connected", "anchor", "label"] as const)(
    "by %s leaves no text on two sides",
    async (by) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { minLength: 6, maxLength: 40 }),
          fc.nat(99),
          async (rows, seed) => {
            const file = temporaryFile(
              `anchor,positive,label\n${rows.map((r) => `${r}\n`).join("")}`,
            );
            const made = await split(file, { eval: 0.2, test: 0.1, by, seed }).catch(
              () => undefined,
            );
            if (made === undefined) return;
            const found = ["train", "eval", "test"].map((part) => rowsOf(made[`${part}.csv`]));
            const texts = found.map(
              (part) => new Set(part.flatMap((line) => line.split(",").slice(0, 2))),
            );
            for (const [i, j] of [
              [0, 1],
              [0, 2],
              [1, 2],
            ] as const)
              expect([...texts[i]].filter((text) => texts[j].has(text))).toEqual([]);
            const { leftOut } = JSON.parse(made["split.json"]) as { leftOut: number };
            expect(found.flat().length + leftOut).toBe(rows.length);
            if (by === "label") {
              const labels = found.map((part) => new Set(part.map((line) => line.split(",")[2])));
              expect([...labels[0]].filter((label) => labels[1].has(label))).toEqual([]);
            }
          },
        ),
        { numRuns: 60 },
      );
    },
  );

  it("takes texts that differ in case and punctuation for one", async () => {
    const rows = Array.from({ length: 20 }, (_, i) => `a${i},b${i}\nA${i}!,c${i}\n`).join("");
    const out = await split(temporaryFile(`anchor,positive\n${rows}`), { eval: 0.3 });
    const numbers = rowsOf(out["eval.csv"]).map((line) => /\d+/.exec(line)?.[0]);
    expect(numbers).toHaveLength(12);
    expect(new Set(numbers).size).toBe(6);
  });

  it("joins groups, and counts shared texts where they may stand on both sides", async () => {
    const rows = Array.from({ length: 30 }, (_, i) => `a${i},b${i},g${i % 10}\n`).join("");
    const out = await split(temporaryFile(`anchor,positive,group\n${rows}`), { eval: 0.3 });
    const groups = (part: string | undefined) =>
      new Set(rowsOf(part).map((line) => line.split(",")[2]));
    for (const group of groups(out["eval.csv"]))
      expect(groups(out["train.csv"])).not.toContain(group);
    const shared = Array.from({ length: 10 }, (_, i) => `a,b${i}\n`).join("");
    const plan = await planSplit(temporaryFile(`anchor,positive\n${shared}`), {
      eval: 0.3,
      by: "none",
    });
    expect(plan.notes.at(-1)).toBe(
      "split at random: 7 rows share a text with a row of another part",
    );
    expect(plan.leftOut).toBe(0);
  });

  it("gives each class its share", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `t${i},${i < 80 ? "big" : "small"}\n`).join(
      "",
    );
    const out = await split(temporaryFile(`text,label\n${rows}`), { eval: 0.1, test: 0.2 });
    const small = (part: string | undefined) =>
      rowsOf(part).filter((line) => line.endsWith("small")).length;
    expect([small(out["eval.csv"]), small(out["test.csv"])]).toEqual([2, 4]);
  });

  it("refuses what cannot be split, with what to do", async () => {
    const star = `anchor,positive\n${Array.from({ length: 10 }, (_, i) => `a,b${i}\n`).join("")}`;
    const connected = await userErrorOf(planSplit(temporaryFile(star), { eval: 0.2 }));
    expect(connected.message).toContain("holds 10 of 10");
    expect(connected.hint).toContain("--by anchor");
    const file = temporaryFile(pairs(20));
    expect((await userErrorOf(planSplit(file, { eval: 15, test: 5 }))).code).toBe("bad-share");
    expect((await userErrorOf(planSplit(file, { eval: 0 }))).exitCode).toBe(2);
    expect((await userErrorOf(planSplit(file, { eval: 1, by: "label" }))).code).toBe(
      "missing-column",
    );
    expect((await userErrorOf(planSplit("-", { eval: 1 }))).code).toBe("needs-a-file");
  });

  it("never touches a folder that holds something else", async () => {
    const plan = await planSplit(temporaryFile(pairs(20)), { eval: 2 });
    const out = temporaryFolder();
    writeFileSync(join(out, "mine.txt"), "kept");
    expect((await userErrorOf(writeSplit(plan, out, true))).code).toBe("out-not-empty");
    expect(readdirSync(out)).toEqual(["mine.txt"]);
    const other = join(temporaryFolder(), "deep", "er");
    await writeSplit(plan, other);
    expect((await userErrorOf(writeSplit(plan, other))).hint).toContain("--overwrite");
    await writeSplit(plan, other, true);
    mkdirSync(join(other, "train"));
    expect((await userErrorOf(writeSplit(plan, join(other, "train.csv")))).code).toBeTruthy();
  });
});

describe.skipIf(!existsSync(data))(
  "splitting public data (skipped where ../shared/data is missing)",
  () => {
    it.each(["raw/banking77_train.csv", "raw/sts-train.csv", "raw/breaking_nli.jsonl"])(
      "%s",
      async (name) => {
        const file = join(data, name);
        const out = join(temporaryFolder(), "parts");
        const plan = await planSplit(file, { eval: 0.1 });
        await writeSplit(plan, out);
        const names = readdirSync(out).filter((entry) => entry !== "split.json");
        const read = await Promise.all(names.map((entry) => loadDataset(join(out, entry))));
        const whole = await loadDataset(file);
        const key = (row: object): string => JSON.stringify({ ...row, line: 0 });
        expect(read.flatMap(({ rows }) => rows.map(key)).sort()).toEqual(
          whole.rows.map(key).sort(),
        );
      },
    );
  },
);
