import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { rowTable } from "../../src/dataset/prepare/row-table.js";
import { writeTable } from "../../src/dataset/writers/table-file.js";
import { type MineEvent, mineNegatives } from "../../src/jobs/mine.js";
import { mergeMined, writePartManifest } from "../../src/jobs/mined-parts.js";
import { temporaryFile, temporaryFolder } from "../dataset/temporary-files.js";

const model = join(import.meta.dirname, "..", "..", "models", "embtune-mini-en");
const rules = { rangeMin: 0, rangeMax: 2, sampling: "top", count: 2 } as const;

describe("mineNegatives", () => {
  const data = temporaryFile(
    "anchor,positive\nhow do I reset my password,click on forgot password\n" +
      "where is my parcel,track it in the app\nforgot my login,use the reset link\nwhen does it ship,within two days\n",
  );

  it("finds texts near to the anchor that are none of its positives", async () => {
    const events: MineEvent[] = [];
    const mined = await mineNegatives({
      data,
      model,
      rules,
      threads: 1,
      onEvent: (e) => events.push(e),
    });
    expect(mined.rows[0]?.negatives[0]).toBe("use the reset link");
    for (const { positive, negatives } of mined.rows) {
      expect(negatives).toHaveLength(2);
      expect(negatives).not.toContain(positive);
    }
    expect(mined.counts).toMatchObject({ own: expect.any(Number), chosen: 8 });
    expect(events.at(-1)).toEqual({ type: "search", done: 16, total: 16 });
    const path = join(temporaryFolder(), "mined.csv");
    await writeTable(path, rowTable({ kind: "pair", rows: mined.rows }));
    expect((await loadDataset(path, { as: ["pair"] })).rows[0]).toMatchObject({
      negatives: mined.rows[0].negatives,
    });
  });

  it("looks through a corpus, titles before texts, and takes a judge", async () => {
    const corpus = temporaryFile(
      '{"_id": "1", "title": "Passwords", "text": "are stored safely"}\n{"_id": "2", "title": "", "text": "Click on: forgot password!"}\n{"_id": "3", "title": "", "text": "bananas are yellow"}\n',
      "corpus.jsonl",
    );
    const mined = await mineNegatives({ data, corpus, model, judge: model, rules, threads: 1 });
    expect(mined.rows[0]?.negatives).toEqual(["Passwords are stored safely", "bananas are yellow"]);
    expect(mined.judge?.name).toBe("embtune-mini-en");
    expect(mined.candidates).toBe(3);
  });

  it("leaves no cache for few texts", async () => {
    const cache = join(temporaryFolder(), "cache");
    await mineNegatives({ data, model, rules, cache, threads: 1 });
    expect(existsSync(cache)).toBe(false);
  });

  it("mines in parts what it mines as a whole", async () => {
    const things = ["password", "parcel", "invoice", "screen", "account"];
    const pairs = things.flatMap((thing, i) =>
      [0, 1, 2].map(
        (k) => `my ${thing} ${i + k},open the ${thing} page ${k}${i % 2 ? "" : " now"}`,
      ),
    );
    const many = temporaryFile(["anchor,positive", ...pairs, "my parcel 2,ask us"].join("\n"));
    const random = { ...rules, rangeMax: 6, sampling: "random" } as const;
    const judge = "test/fixtures/encoders/bert-torchscript-14";
    const options = { data: many, model: judge, judge, rules: random, threads: 1 };
    const folder = temporaryFolder();
    const write = async (name: string, shard?: string) => {
      const mined = await mineNegatives({ ...options, shard });
      const path = join(folder, name);
      await writeTable(path, rowTable({ kind: "pair", rows: mined.rows }));
      await writePartManifest(path, mined);
      return path;
    };
    const whole = await write("whole.csv");
    const parts = [
      await write("2.jsonl", "2/3"),
      await write("3.csv", "3/3"),
      await write("1.tsv.gz", "1/3"),
    ];
    const out = join(folder, "merged.csv");
    expect(await mergeMined({ files: parts, out })).toBe(pairs.length + 1);
    expect(readFileSync(out, "utf8")).toBe(readFileSync(whole, "utf8"));
    await expect(mergeMined({ files: parts.slice(1), out, overwrite: true })).rejects.toThrow(
      "shard 2 of 3 is not among the files",
    );
    const other = await mineNegatives({ ...options, seed: 1, shard: "2/3" });
    await writePartManifest(parts[0], other);
    await expect(mergeMined({ files: parts, out, overwrite: true })).rejects.toThrow(
      "differs from the other shards in seed",
    );
  });
});
