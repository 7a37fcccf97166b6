import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { freshFolder, root, writeIn } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const things = ["cat", "dog", "horse", "lathe", "drill", "crane", "violin", "drum", "flute"];
const csv = (name: string, header: string, rows: readonly string[]): string =>
  writeIn(folder, name, `${[header, ...rows].join("\n")}\n`);

const queries = csv(
  "queries.csv",
  "query_id,query",
  things.map((thing, i) => `q${i},where is the ${thing}`),
);
const corpus = csv(
  "corpus.csv",
  "doc_id,title,text",
  things.map((thing, i) => `d${i},The ${thing},You find a ${thing} in building ${i}.`),
);
const qrels = csv(
  "qrels.csv",
  "query_id,doc_id,relevance",
  things.map((_, i) => `q${i},d${i},1`),
);
const three = [queries, "--task", "retrieval", "--corpus", corpus, "--qrels", qrels];

interface Report {
  task: string;
  rows: number;
  primary: string;
  selected: boolean;
  verdict?: string;
  model: { metrics: { key: string; value: number }[] };
  base?: { metrics: { key: string; value: number }[] };
}

async function evaluated(...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await embtune(["evaluate", ...args, "--json", "--quiet"]);
  expect([code, stderr]).toEqual([0, ""]);
  return (JSON.parse(stdout) as Report[])[0];
}

const keys = [
  "cosine_ndcg@10",
  "cosine_mrr@10",
  "cosine_map@100",
  ...["accuracy", "precision", "recall"].map((name) => `cosine_${name}@10`),
];

describe("evaluate --task retrieval", () => {
  it("searches the corpus with each query", async () => {
    const found = join(folder, "found.trec");
    const files = [queries, "--corpus", corpus, "--qrels", qrels];
    const args = [...files, "--at", "10", "--trec-run", found];
    const { task, rows, primary, model } = await evaluated(...args);
    expect([task, rows, primary]).toEqual(["retrieval", 9, "cosine_ndcg@10"]);
    expect(model.metrics.map(({ key }) => key)).toEqual(keys);
    // Nine documents: each relevant one is among the first ten.
    expect(model.metrics[5]?.value).toBe(1);
    const ranked = readFileSync(found, "utf8").trim().split("\n");
    expect(ranked).toHaveLength(81);
    expect(ranked[0]).toMatch(/^q0 Q0 d\d 1 0\.\d+ embtune-mini-en$/);
    expect(model.metrics[0]?.value).toBeGreaterThan(0.8);
  });

  it.each<[string, string[], number, string]>([
    ["no files", [queries, "--task", "retrieval"], 2, "needs documents and judgments"],
    ["no qrels", [queries, "--corpus", corpus], 2, "needs documents"],
    ["another task", [...three, "--task", "pair"], 2, "--corpus has no meaning without --task"],
    ["--columns", [...three, "--columns", "text=query"], 2, "--columns has no meaning"],
    ["--train", [...three, "--train", queries], 2, "--train has no meaning"],
    [
      "an unknown document",
      [
        ...three.slice(0, -1),
        csv("unknown.csv", "query_id,doc_id,relevance", ["q0,d0,1", "q1,dd,1"]),
      ],
      1,
      'unknown.csv:3: the document "dd" is not in',
    ],
  ])("refuses %s", async (_, args, exit, message) => {
    const { code, stderr } = await embtune(["evaluate", ...args]);
    expect(stderr).toContain(message);
    expect(code).toBe(exit);
  });
});

describe("train --eval QUERIES --eval-corpus FILE --eval-qrels FILE", () => {
  // What is relevant names the next thing, so the base ranks it low and a head has something to learn.
  const next = (i: number): number => (i + 1) % things.length;
  const shifted = csv(
    "shifted.csv",
    "query_id,doc_id,relevance",
    things.map((_, i) => `q${i},d${next(i)},1`),
  );
  const pairs = csv("pairs.csv", "anchor,positive", [
    ...things.map((thing, i) => `who has the ${thing},A ${things[next(i)]} is in a building.`),
    // A document of the corpus.
    "who plays,The cat. You find a cat in building 0",
  ]);
  const selection = ["--eval", queries, "--eval-corpus", corpus, "--eval-qrels", shifted];
  const run = join(folder, "run");
  const train = (...args: string[]) =>
    embtune(["train", pairs, "--batch-size", "8", "--steps", "20", ...args]);

  let stderr = "";
  beforeAll(async () => {
    const trained = await train(
      ...selection,
      "--lr",
      "0.01",
      "--eval-every",
      "10",
      "--head-side",
      "query",
      "--out",
      run,
    );
    expect([trained.code, trained.stderr]).toEqual([0, trained.stderr]);
    stderr = trained.stderr;
  });

  it("selects by nDCG, and says which documents are trained on", () => {
    const record = readRun(run);
    expect(record.metric).toBe("cosine_ndcg@10");
    const measured = record.result?.scores?.model.metrics.map(({ key }) => key);
    expect(measured).toEqual(expect.arrayContaining(keys));
    expect(record.options).toMatchObject({ eval: queries, evalCorpus: corpus, evalQrels: shifted });
    expect(record.eval).toMatchObject({
      path: queries,
      rows: 9,
      corpus: { path: corpus, rows: 9 },
      qrels: { path: shifted, rows: 9 },
    });
    const hashes = [record.eval, record.eval?.corpus, record.eval?.qrels].map((f) => f?.sha256);
    expect(new Set(hashes).size).toBe(3);
    expect(stderr).toContain("1 of the 9 queries of --eval have a relevant document among");
  });

  it("lists all files in the model card, and what each was for", () => {
    const card = readFileSync(join(run, "model", "sentence-transformers", "README.md"), "utf8");
    const { eval: selecting, data } = readRun(run);
    const line = (role: string, file: { path: string; rows: number; sha256: string } | undefined) =>
      `- ${role}: \`${file?.path}\`, ${file?.rows} rows, SHA-256 \`${file?.sha256}\``;
    expect(card.match(/^- .*SHA-256 `.{64}`$/gm)?.slice(-4)).toEqual([
      line("trained on", data),
      line("selected by, queries", selecting),
      line("documents they search", selecting?.corpus),
      line("their relevant documents", selecting?.qrels),
    ]);
  });

  it("gives the same figures as evaluate with a head on the query side, and no verdict", async () => {
    const { scores, bestStep } = readRun(run).result!;
    expect(bestStep).toBeGreaterThan(0);
    const report = await evaluated(...three.slice(0, -1), shifted, "--model", run);
    expect([report.selected, report.verdict]).toEqual([true, undefined]);
    for (const [i, { value }] of report.model.metrics.entries())
      expect(value).toBeCloseTo(scores!.model.metrics[i].value, 6);
    for (const [i, { value }] of report.base!.metrics.entries())
      expect(value).toBeCloseTo(scores!.base!.metrics[i].value, 6);
  });

  it.each([
    ["--eval-corpus", corpus, "building 8", "building 9"],
    ["--eval-qrels", shifted, "q0,d1,1", "q0,d2,1"],
  ])("does not resume when the %s file has changed", async (option, file, was, is) => {
    const before = readFileSync(file, "utf8");
    writeFileSync(file, before.replace(was, is));
    const { code, stderr: said } = await embtune(["train", "--resume", run]);
    writeFileSync(file, before);
    expect(said).toContain(`the ${option} file ${file} has changed`);
    expect(code).toBe(2);
  });

  it.each([
    ["--eval-qrels is missing", ["--eval", queries, "--eval-corpus", corpus]],
    ["--eval is missing", ["--eval-corpus", corpus, "--eval-qrels", qrels]],
  ])("is refused where %s", async (_, args) => {
    const { code, stderr: said } = await train(...args, "--dry-run");
    expect(said).toContain("selection by retrieval needs queries, documents and judgments");
    expect(code).toBe(2);
  });

  it("counts queries that are training texts as leaks", async () => {
    const leaking = csv("leaking.csv", "anchor,positive", [
      "Where is the CAT?,It is outside.",
      "who has the spoon,The cook has it.",
      "who has the fork,The guest has it.",
    ]);
    const args = ["train", leaking, ...selection, "--batch-size", "2", "--dry-run"];
    const told = await embtune(args);
    expect([told.code, told.stderr]).toEqual([0, expect.stringContaining("share 1 texts with")]);
    const dropped = await embtune([...args, "--drop-leaks", "--json"]);
    expect(JSON.parse(dropped.stdout)).toMatchObject({ trainRows: 2 });
  });
});

const scifact = join(root, "..", "shared", "data", "scifact");

describe.skipIf(!existsSync(scifact))("scifact (skipped: ../shared/data/scifact is absent)", () => {
  it("finds the documents of 40 claims among theirs and 100 others", async () => {
    const lines = (name: string) => readFileSync(join(scifact, name), "utf8").trim().split("\n");
    const [queryHead = "", ...claims] = lines("train_queries.csv");
    const [qrelsHead = "", ...judgments] = lines("train_qrels.csv");
    const [corpusHead = "", ...documents] = lines("corpus.csv");
    const asked = claims.slice(0, 40);
    const ids = new Set(asked.map((line) => line.slice(0, line.indexOf(","))));
    const judged = judgments.filter((line) => ids.has(line.split(",")[0]));
    const wanted = new Set(judged.map((line) => line.split(",")[1]));
    const some = documents.filter(
      (line, i) => i < 100 || wanted.has(line.slice(0, line.indexOf(","))),
    );
    const { rows, model } = await evaluated(
      csv("claims.csv", queryHead, asked),
      ...["--task", "retrieval", "--corpus", csv("some.csv", corpusHead, some)],
      ...["--qrels", csv("judged.csv", qrelsHead, judged)],
    );
    expect(rows).toBe(40);
    // With one or two relevant documents precision at greater depths is low at best.
    for (const { key, value } of model.metrics)
      if (!key.includes("precision")) expect(value, key).toBeGreaterThan(0.5);
    expect(model.metrics[0]?.value).toBeLessThan(1);
  });
});
