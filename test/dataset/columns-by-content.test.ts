import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { missingColumn } from "../../src/dataset/columns/resolve-columns.js";
import { columnRoles } from "../../src/dataset/columns/role-names.js";
import { loadDataset } from "../../src/dataset/load-dataset.js";
import { temporaryFile, userErrorOf } from "./temporary-files.js";

const raw = join(import.meta.dirname, "..", "..", "..", "shared", "data", "raw");

const sentence = (i: number): string => `the sentence with number ${i} says something`;
const table = (count: number, row: (i: number) => readonly (string | number)[]): string =>
  Array.from({ length: count }, (_, i) => `${row(i).join("\t")}\n`).join("");

describe("columns without names", () => {
  it("two of sentences and one of scores", async () => {
    const file = temporaryFile(
      table(8, (i) => ["news", i, (i % 6).toFixed(2), sentence(i), sentence(i + 9)]),
    );
    const data = await loadDataset(file);
    expect(data.kind).toBe("scored-pair");
    expect(data.columns).toEqual({ anchor: "4", positive: "5", score: "3" });
    expect(data.account.notes[0]).toContain('columns chosen by their content: anchor = "4"');
  });

  it("two of sentences and one of percentages", async () => {
    const file = temporaryFile(
      table(8, (i) => ["news", i, `${10 * i + 7}%`, sentence(i), sentence(i + 9)]),
    );
    const data = await loadDataset(file);
    expect(data.columns).toEqual({ anchor: "4", positive: "5", score: "3" });
  });

  it("two of sentences and one of 0 and 1", async () => {
    const file = temporaryFile(
      table(8, (i) => [i % 2, 1000 + i, 2000 + i, sentence(i), sentence(i + 9)]),
    );
    const data = await loadDataset(file);
    expect(data.kind).toBe("labelled-pair");
    expect(data.columns).toEqual({ anchor: "4", positive: "5", label: "1" });
  });

  it("one of sentences and one of classes", async () => {
    const data = await loadDataset(
      temporaryFile(table(8, (i) => [sentence(i), i % 3 ? "card" : "transfer"])),
    );
    expect(data.kind).toBe("classed");
    expect(data.columns).toEqual({ label: "2", text: "1" });
  });

  it("a name that is nearly a text's is no typing error where the column holds 0 and 1", async () => {
    const rows = table(8, (i) => [sentence(i), sentence(i + 9), i % 2]);
    const data = await loadDataset(temporaryFile(`q1\tq2\tsame_question\n${rows}`));
    expect(data.columns).toEqual({ anchor: "q1", positive: "q2", label: "same_question" });
  });

  it("a judgment that --columns leaves out is told, unless it is said to be none", async () => {
    const rows = table(8, (i) => [sentence(i), sentence(i + 9), i % 2]);
    const file = temporaryFile(`q1\tq2\tsame\n${rows}`);
    const columns = { anchor: "q1", positive: "q2" };
    const told = (await loadDataset(file, { columns })).account.notes.join("\n");
    expect(told).toContain('column "same" holds 0 and 1 and is not used');
    expect(told).toContain("add label=same to --columns, if not, label=");
    const quiet = await loadDataset(file, { columns: { ...columns, label: "" } });
    expect(quiet.account.notes.join("\n")).not.toContain("holds 0 and 1");
    const used = await loadDataset(file, { columns: { ...columns, label: "same" } });
    expect(used.kind).toBe("labelled-pair");
  });

  it("names that say nothing are looked through too", async () => {
    const rows = table(4, (i) => [sentence(i), sentence(i + 9)]);
    const data = await loadDataset(temporaryFile(`frage\terwiderung\n${rows}`));
    expect(data.columns).toEqual({ anchor: "frage", positive: "erwiderung" });
  });

  it("are refused when several could play a role", async () => {
    const three = await userErrorOf(
      loadDataset(temporaryFile(table(4, (i) => [sentence(i), sentence(i + 9), sentence(i + 19)]))),
    );
    expect(three.code).toBe("ambiguous-columns");
    expect(three.message).toContain('"1", "2", "3"');
    expect(three.hint).toContain("--columns anchor=1,positive=2,negative=3");
    const labels = await userErrorOf(
      loadDataset(
        temporaryFile(table(8, (i) => [i % 2, i % 4 > 1 ? 1 : 0, sentence(i), sentence(i + 9)])),
      ),
    );
    expect(labels.message).toContain('"1", "2" could each be the label');
    expect(labels.hint).toBe("say which column holds what: --columns anchor=3,positive=4,label=1");
  });

  it("that repeat another count once", async () => {
    const file = temporaryFile(table(8, (i) => [i % 2, i % 2, sentence(i), sentence(i + 9)]));
    expect((await loadDataset(file)).columns).toEqual({ anchor: "3", positive: "4", label: "1" });
  });
});

const layouts: readonly (readonly [string, string, string])[] = [
  [
    "MRPC",
    "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t1\t2\tA b.\tC d.\n0\t3\t4\tE f.\tG h.\n",
    "labelled-pair",
  ],
  [
    "QQP",
    "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\ta b\tc d\t0\n1\t3\t4\te\tf\t1\n",
    "labelled-pair",
  ],
  [
    "Quora",
    "id,qid1,qid2,question1,question2,is_duplicate\n0,1,2,a b,c d,0\n1,3,4,e,f,1\n",
    "labelled-pair",
  ],
  [
    "STS-B of GLUE",
    "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n0\tg\tf\t2012\t1\tn\tn\ta\tb\t5.000\n1\tg\tf\t2012\t2\tn\tn\tc\td\t1.2\n",
    "scored-pair",
  ],
  [
    "MultiNLI",
    "index\tpromptID\tpairID\tgenre\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label\n0\t1\t1n\tg\t(\t(\ta\tb\tneutral\tneutral\n1\t2\t2e\tg\t(\t(\tc\td\tentailment\tentailment\n",
    "nli",
  ],
  [
    "SNLI",
    '{"annotator_labels": ["neutral"], "captionID": "1", "gold_label": "neutral", "pairID": "1n", "sentence1": "a", "sentence2": "b"}\n{"annotator_labels": ["entailment"], "captionID": "1", "gold_label": "entailment", "pairID": "1e", "sentence1": "a", "sentence2": "c"}\n',
    "nli",
  ],
  [
    "SICK",
    "pair_ID\tsentence_A\tsentence_B\tentailment_label\trelatedness_score\n1\ta\tb\tNEUTRAL\t4.5\n2\tc\td\tENTAILMENT\t3\n",
    "scored-pair",
  ],
  ["AllNLI triplets", "anchor,positive,negative\na,b,c\nd,e,f\n", "pair"],
  [
    "AllNLI of sentence-transformers",
    "split\tdataset\tfilename\tsentence1\tsentence2\tlabel\ntrain\tAllNLI\tx\ta\tb\tneutral\ntrain\tAllNLI\tx\tc\td\tentailment\n",
    "nli",
  ],
  [
    "stsbenchmark of sentence-transformers",
    "split\tgenre\tdataset\tyear\tsid\tscore\tsentence1\tsentence2\ntrain\tg\tMSRvid\t2012\t1\t5.0\ta\tb\ntrain\tg\tMSRvid\t2012\t2\t0.4\tc\td\n",
    "scored-pair",
  ],
  [
    "QNLI",
    "index\tquestion\tsentence\tlabel\n0\ta\tb\tentailment\n1\tc\td\tnot_entailment\n",
    "labelled-pair",
  ],
  ["PAWS", "id\tsentence1\tsentence2\tlabel\n1\ta\tb\t0\n2\tc\td\t1\n", "labelled-pair"],
  [
    "BEIR queries",
    '{"_id": "1", "text": "a question", "metadata": {}}\n{"_id": "2", "text": "another", "metadata": {}}\n',
    "text",
  ],
  [
    "BEIR corpus",
    '{"_id": "1", "title": "t", "text": "a", "metadata": {"url": "u"}}\n{"_id": "2", "title": "t", "text": "b", "metadata": {}}\n',
    "text",
  ],
  [
    "FlagEmbedding",
    '{"query": "a", "pos": ["b", "c"], "neg": ["d"]}\n{"query": "e", "pos": ["f"], "neg": ["g", "h"]}\n',
    "pair",
  ],
];

describe("layouts by their names", () => {
  it.each(layouts)("%s", async (_, content, kind) => {
    expect((await loadDataset(temporaryFile(content))).kind).toBe(kind);
  });
});

describe.skipIf(!existsSync(raw))(
  "files as they are published (skipped where ../shared/data/raw is missing)",
  () => {
    it.each([
      ["sts-train.csv", "scored-pair", 5749],
      ["sts-dev.csv", "scored-pair", 1500],
      ["msr_paraphrase_train.txt", "labelled-pair", 4076],
      ["banking77_train.csv", "classed", 10_003],
    ])("%s", async (file, kind, rows) => {
      const data = await loadDataset(join(raw, file));
      expect([data.kind, data.rows.length]).toEqual([kind, rows]);
    });

    it("integer relations ask for --label-map", async () => {
      const file = join(raw, "snli_cat_train_head2000.tsv");
      const error = await userErrorOf(loadDataset(file));
      expect(error.code).toBe("unknown-labels");
      expect(error.hint).toMatch(/--label-map \d=entailment/);
      const labelMap = { neutral: "1", contradiction: "2", entailment: "3" };
      expect((await loadDataset(file, { labelMap })).kind).toBe("nli");
    });
  },
);

describe("hints about columns", () => {
  it.each(columnRoles.map((role) => [role]))(
    "never give %s the column of that very name",
    (role) => {
      for (const columns of [[role], [role, "other"], ["text", "text (2)"], ["1", "2"]])
        expect(missingColumn(role, columns, "rows.csv").hint).not.toMatch(
          /--columns (\w+)=\1(?!\w)/,
        );
    },
  );

  it.each([
    ["text,text,text"],
    ["text,text (2),score"],
    ["text,text"],
    ["text,sentence"],
    ["sentence,text,label"],
  ])("nor where names recur: %s", async (header) => {
    const width = header.split(",").length;
    const rows = Array.from({ length: 12 }, (_, i) =>
      Array.from({ length: width }, (_, k) => sentence(i + 20 * k)).join(","),
    );
    const read = loadDataset(temporaryFile(`${header}\n${rows.join("\n")}\n`), { as: ["triplet"] });
    const { hint } = await userErrorOf(read);
    expect(hint).not.toMatch(/--columns (\w+)=\1(?!\w)/);
  });
});

describe("a file without texts", () => {
  it("is told what its columns hold instead, and how a column is named nevertheless", async () => {
    const file = temporaryFile("id,sku,vector\n1,A-1,[1 2]\n2,B-22,[3 4]\n3,C-3,[5 6]\n");
    const error = await userErrorOf(loadDataset(file));
    expect(error.code).toBe("missing-column");
    expect(error.message).toBe(
      'has no column that looks like texts, found "id" (numbers), "sku" (values such as A-1), "vector" (values such as [1 2])',
    );
    expect(error.hint).toContain("--columns text=NAME");
    expect((await loadDataset(file, { columns: { text: "sku" } })).rows).toHaveLength(3);
  });
});
