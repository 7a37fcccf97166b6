import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { openRecords } from "../../src/dataset/readers/open-records.js";
import { collect } from "./temporary-files.js";

const data = join(import.meta.dirname, "..", "..", "..", "shared", "data");

describe.skipIf(!existsSync(data))(
  "public data sets (skipped where ../shared/data is missing)",
  () => {
    it.each([
      ["raw/sts-train.csv", 5749, "no quotes, no header"],
      ["raw/sts-dev.csv", 1500, "no quotes, no header"],
      ["raw/msr_paraphrase_train.txt", 4076, "no quotes, no header"],
      ["raw/snli_cat_train_head2000.tsv", 2000, 'quotes ", no header'],
      ["raw/banking77_train.csv", 10_003, 'quotes ", header'],
      ["raw/SICK_train.txt", 4500, "header"],
      ["raw/SICK_trial.txt", 500, "header"],
      ["raw/breaking_nli.jsonl", 8193, ""],
      ["raw/MED_mnli_format.tsv", 5382, "header"],
      ["snli/dev.csv", 9842, ""],
      ["scifact/corpus.csv", 5183, ""],
      ["quora/dev.csv", 20_212, ""],
    ])("%s has %i rows", async (file, rows, dialect) => {
      const source = await openRecords(join(data, file));
      expect(source.description).toContain(dialect);
      const records = await collect(source.records());
      expect(records).toHaveLength(rows);
      expect(new Set(records.map((r) => r.fields.length))).toEqual(
        new Set([source.columns.length]),
      );
    });

    it("numbers the lines of the 13 fields of banking77 that hold a line break", async () => {
      const source = await openRecords(join(data, "raw/banking77_train.csv"));
      const records = await collect(source.records());
      expect(records.at(-1)?.line).toBe(10_003 + 1 + 13);
    });

    it("groups SNLI dev into 3,170 rows with one to three contradictions", async () => {
      const options = { as: ["pair"], requireNegatives: true } as const;
      const dataset = await loadDataset(join(data, "snli/dev.csv"), options);
      if (dataset.kind !== "pair") throw new Error(dataset.kind);
      expect(dataset.rows).toHaveLength(3170);
      expect(new Set(dataset.rows.map((row) => row.negatives.length))).toEqual(new Set([1, 2, 3]));
      const { read, kept, dropped } = dataset.account;
      expect(read).toBe(9842);
      expect(dropped.reduce((sum, d) => sum + d.count, kept)).toBe(read);
      const whole = await loadDataset(join(data, "snli/dev.csv"), { as: ["pair"] });
      expect(whole.rows).toHaveLength(3327);
    });

    it("understands the layouts", async () => {
      const kinds = async (file: string): Promise<[string, number]> => {
        const { kind, rows } = await loadDataset(join(data, file));
        return [kind, rows.length];
      };
      expect(await kinds("raw/MED_mnli_format.tsv")).toEqual(["nli", 5382]);
      expect(await kinds("raw/breaking_nli.jsonl")).toEqual(["nli", 8193]);
      expect(await kinds("raw/SICK_train.txt")).toEqual(["scored-pair", 4500]);
      expect(await kinds("quora/dev.csv")).toEqual(["labelled-pair", 20_212]);
      expect(await kinds("scifact/train_pairs.csv")).toEqual(["pair", 919]);
      expect(await kinds("scifact/train_queries.csv")).toEqual(["text", 809]);
      expect(await kinds("banking77/train.csv")).toEqual(["classed", 10_003]);
    });

    it("reads columns by number where there is no header", async () => {
      const columns = { sentence1: "6", sentence2: "7", score: "5" };
      const dataset = await loadDataset(join(data, "raw/sts-train.csv"), { columns });
      expect(dataset.kind).toBe("scored-pair");
      expect(dataset.rows).toHaveLength(5749);
      expect(dataset.account.notes[0]).toContain("scaled from 0–5");
    });
  },
);
