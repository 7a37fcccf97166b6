import { stratifiedSplit } from "../../dist/evaluation/class-split.js";
import { classEvaluator } from "../../dist/evaluation/evaluators/classification.js";
import { retrievalAmong } from "../../dist/evaluation/evaluators/pair-retrieval.js";
import { stsEvaluator } from "../../dist/evaluation/evaluators/similarity.js";
import { createRandom, shuffle } from "../../dist/math/random.js";
import { perClass, table } from "../shared-data.js";
import { cut, pairTexts } from "./default-tasks.js";
import { scifactAmong } from "./tasks.js";

/**
 * Each task gives of a seed the `rows` to train on, what `train` is told beside them, and a test part of the kind that is held out:
 * its evaluator and the metric. No row of the test part is trained on or selects.
 */
export const tasks = {
  "scifact, known documents": () => scifact("queries", 0),
  "scifact, new documents": () => scifact("documents", 1),
  "banking77, 5 a class": (seed) => banking(5, seed),
  "banking77, 10 a class": (seed) => banking(10, seed),
  "quora, duplicates as pairs": quora,
  "STS-B": stsb,
};

/** New queries over abstracts that are trained on, or over others, among all relevant ones. */
async function scifact(holdOut, set) {
  const { rows, sets } = await scifactAmong(700);
  const { evaluator, keys } = sets[set];
  return { rows, given: { holdOut, maxLength: 128 }, evaluator, key: keys[0] };
}

/** A fifth is the test part, its neighbours the texts that the task may use. */
function banking(each, seed) {
  const { train: known, test } = stratifiedSplit(table("banking77/train.csv"));
  const rows = perClass(shuffle(known, createRandom(seed, "selection")), each);
  return { rows, given: {}, evaluator: classEvaluator({ train: rows, test }), key: "knn_accuracy" };
}

/** Questions asked twice; whole components are the test part, which search the positives that are trained on as well. */
function quora(seed) {
  const duplicates = table("quora/dev.csv").filter(({ label }) => label === "1");
  const [testRows, rest] = cut(duplicates, 0.2, (row) => pairTexts([row]));
  const asPair = (row) => ({ anchor: row.sentence1, positive: row.sentence2 });
  const rows = shuffle(rest, createRandom(seed, "selection")).slice(0, 2_000).map(asPair);
  const others = rows.map(({ positive }) => ({ text: positive }));
  const measured = testRows.map((row) => ({ ...asPair(row), negatives: [] }));
  const evaluator = retrievalAmong(measured, others);
  return { rows, given: { holdOut: "documents" }, evaluator, key: "cosine_mrr@10" };
}

/** STS-B dev, whose sources are not those of the training rows alone. */
function stsb(seed) {
  const rows = shuffle(table("stsb/train.csv"), createRandom(seed, "selection")).slice(0, 2_000);
  const dev = table("stsb/dev.csv").map((row) => ({ ...row, score: Number(row.score) }));
  return { rows, given: {}, evaluator: stsEvaluator(dev), key: "spearman_cosine" };
}
