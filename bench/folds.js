// What folds bring to a head on few rows: three ways to the model that goes out, measured on rows that none of them saw, scores ×100.
//   base     nothing is trained
//   part     --folds off: a tenth is held out, chooses the point between base and tuned, and teaches nothing
//   quarter  --folds off --hold-out-share auto: up to a quarter is held out
//   folds    --folds 5: five heads, each measured on a fifth, choose the point; the head that goes out learns from all rows
// Run: npm run build && node bench/folds.js [--seeds 42,43,44] [--only banking77] [--write]. Needs ../shared/data; --write stores the sets that were measured in results/folds.json.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { holdOutQueries } from "../dist/dataset/hold-out-queries.js";
import { loadRetrieval } from "../dist/dataset/retrieval/load-retrieval.js";
import { loadEvaluationSet } from "../dist/evaluation/evaluation-set.js";
import { evaluatorFor } from "../dist/evaluation/evaluators/registry.js";
import { loadDataset, loadModel, train } from "../dist/index.js";
import { createRandom, shuffle } from "../dist/math/random.js";
import { machine } from "./machine.js";
import { cut, pairTexts } from "./quality/default-tasks.js";
import { writeRows } from "./rows-file.js";
import { dataFolder, perClass, table } from "./shared-data.js";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "42,43,44" },
    only: { type: "string", default: "" },
    write: { type: "boolean", default: false },
  },
});
const TEST = 1000;
const bundled = join(import.meta.dirname, "../models/embtune-mini-en");
const folder = mkdtempSync(join(tmpdir(), "embtune-folds-"));

const classed = (count) => (random) => {
  const rows = shuffle(table("banking77/train.csv"), random);
  return { test: rows.slice(0, TEST), rows: perClass(rows.slice(TEST), count), classes: true };
};
const scored = (count) => (random) => ({
  test: table("stsb/dev.csv"),
  rows: shuffle(table("stsb/train.csv"), random).slice(0, count),
});
const labelled = (count) => (random) => {
  const rows = shuffle(table("quora/dev.csv"), random);
  return { test: rows.slice(count, count + 2 * TEST), rows: rows.slice(0, count) };
};
/** Questions asked twice; no component has rows on both sides. */
const duplicates = (count) => (random) => {
  const all = shuffle(table("quora/dev.csv"), random).filter(({ label }) => label === "1");
  const [test, rest] = cut(all, 0.2, (row) => pairTexts([row]));
  const pairs = (rows) =>
    rows.map(({ sentence1, sentence2 }) => ({ anchor: sentence1, positive: sentence2 }));
  return { test: pairs(test), rows: pairs(rest).slice(0, count) };
};
/** Claims and abstracts; the claims that measure are others, whose abstracts are known. */
const loaded = await loadRetrieval({
  queries: join(dataFolder, "scifact/train_queries.csv"),
  corpus: join(dataFolder, "scifact/corpus.csv"),
  qrels: join(dataFolder, "scifact/train_qrels.csv"),
});
const claims = (random) => {
  const texts = (rows) => new Map(rows.map(({ id, text }) => [id, text]));
  const [claim, abstract] = [texts(loaded.rows), texts(loaded.corpus)];
  const pairs = loaded.qrels
    .filter(({ relevance }) => relevance > 0)
    .map(({ query, document }) => ({
      anchor: claim.get(query),
      positive: abstract.get(document),
      negatives: [],
    }));
  const { train: rows, heldOut } = holdOutQueries(shuffle(pairs, random), { wanted: 200, seed: 1 });
  const plain = (some) => some.map(({ anchor, positive }) => ({ anchor, positive }));
  return { test: plain(heldOut), rows: plain(rows) };
};
/** Rows of each seed: few, and those that measure. */
const sets = {
  "banking77, 3 a class": classed(3),
  "banking77, 10 a class": classed(10),
  "banking77, 25 a class": classed(25),
  "banking77, 60 a class": classed(60),
  "STS-B, 100 pairs": scored(100),
  "STS-B, 400 pairs": scored(400),
  "STS-B, 1600 pairs": scored(1600),
  "quora, 200 labelled pairs": labelled(200),
  "quora, 1000 labelled pairs": labelled(1000),
  "quora, 200 duplicates as pairs": duplicates(200),
  "quora, 1000 duplicates as pairs": duplicates(1000),
  "scifact, pairs of known abstracts": claims,
};
const ways = {
  part: { folds: "off" },
  quarter: { folds: "off", holdOutShare: "auto" },
  folds: { folds: 5 },
};

/** The deciding metric of models on the test rows. */
async function scores(models, { data, unseen, classes }) {
  const { dataset, task } = await loadEvaluationSet(unseen, {});
  const learnt = classes ? await loadDataset(data, { as: ["classed"] }) : undefined;
  const evaluator = evaluatorFor(dataset, task, { train: learnt });
  const found = [];
  for (const name of models) {
    const model = await loadModel(name);
    const { metrics } = await evaluator.run((texts) => model.encode(texts));
    found.push(metrics.find(({ key }) => key === evaluator.primary).value);
    await model.release();
  }
  return found;
}

let runs = 0;
async function measured(set, { rows, test, classes }, seed) {
  const data = writeRows(join(folder, "rows.jsonl"), rows);
  const unseen = writeRows(join(folder, "test.jsonl"), test);
  const trained = {};
  for (const [way, options] of Object.entries(ways)) {
    const out = join(folder, `run-${runs++}`);
    await train({ data, tune: "head", seed, ...options, out, report: false });
    const { result } = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    trained[way] = { out, alpha: result.interpolation.alpha, seconds: result.seconds };
  }
  const models = [bundled, ...Object.values(trained).map(({ out }) => out)];
  const [base, ...found] = await scores(models, { data, unseen, classes });
  const results = Object.keys(trained).map((way, i) => [
    way,
    { value: found[i], alpha: trained[way].alpha, seconds: trained[way].seconds },
  ]);
  for (const { out } of Object.values(trained)) rmSync(out, { recursive: true });
  return { set, seed, rows: rows.length, base, ...Object.fromEntries(results) };
}

const points = (value) => (100 * value).toFixed(2);
const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const results = [];
for (const [set, make] of Object.entries(sets)) {
  if (!set.includes(values.only)) continue;
  for (const seed of values.seeds.split(",").map(Number)) {
    const one = await measured(set, make(createRandom(seed, "folds")), seed);
    results.push(one);
    const shown = Object.keys(ways).map(
      (way) => `${way} ${points(one[way].value)} (α ${one[way].alpha}, ${one[way].seconds} s)`,
    );
    console.log(`${set.padEnd(28)} ${seed}  base ${points(one.base)}  ${shown.join("  ")}`);
  }
  const own = results.filter((one) => one.set === set);
  const means = Object.keys(ways).map(
    (way) => `${way} ${points(mean(own.map((one) => one[way].value)))}`,
  );
  console.log(
    `${set.padEnd(28)} mean base ${points(mean(own.map(({ base }) => base)))}  ${means.join("  ")}`,
  );
}
if (values.write) {
  const path = join(import.meta.dirname, "results", "folds.json");
  const now = new Set(results.map(({ set }) => set));
  // Sets that were not asked for stay as they were measured.
  const before = JSON.parse(readFileSync(path, "utf8")).results.filter(({ set }) => !now.has(set));
  const all = { machine: machine(), results: [...before, ...results] };
  writeFileSync(path, `${JSON.stringify(all, null, 2)}\n`);
}
rmSync(folder, { recursive: true });
