import { join } from "node:path";
import { componentsOf } from "../../dist/dataset/batches/components.js";
import { stratifiedSplit } from "../../dist/evaluation/class-split.js";
import { labelledPairEvaluator } from "../../dist/evaluation/evaluators/binary-classification.js";
import { classEvaluator } from "../../dist/evaluation/evaluators/classification.js";
import { stsEvaluator } from "../../dist/evaluation/evaluators/similarity.js";
import { createRandom, shuffle } from "../../dist/math/random.js";
import { dataFolder, table } from "../shared-data.js";
import { snliTriplets } from "../snli-triplets.js";
import { groups } from "./tasks.js";

const distinct = (values) => [...new Set(values)];
export const pairTexts = (rows) =>
  rows.flatMap(({ sentence1, sentence2 }) => [sentence1, sentence2]);

/**
 * Six tasks, the smallest first. Each gives the rows of `train` and `select` as embtune reads them, what the peer is given in their
 * place where that differs (`peer`), and `sets`: own ones and foreign domains, of which no row selected or was trained on.
 */
export const tasks = { banking10, scifact, stsb, banking, quora, snli };

/** Rows into a part of the share and the rest, by whole components of equal texts, in an order of the seed. */
export function cut(rows, share, keys) {
  const components = componentsOf(rows, keys);
  const order = shuffle(distinct(components), createRandom(42, "default"));
  const chosen = new Set();
  let count = 0;
  const size = new Map();
  for (const one of components) size.set(one, (size.get(one) ?? 0) + 1);
  for (const component of order) {
    if (count >= share * rows.length) break;
    chosen.add(component);
    count += size.get(component);
  }
  const within = (wanted) => rows.filter((_, i) => chosen.has(components[i]) === wanted);
  return [within(true), within(false)];
}

function sick() {
  const rows = table("sick/train.csv").map((row) => ({ ...row, score: Number(row.score) }));
  return similarity("SICK", shuffle(rows, createRandom(42, "sick")).slice(0, 2_000));
}

function stsbDev() {
  const rows = table("stsb/dev.csv").map((row) => ({ ...row, score: Number(row.score) }));
  return similarity("STS-B dev", rows);
}

function similarity(name, rows) {
  const evaluator = stsEvaluator(rows);
  return { name, evaluator, key: "spearman_cosine", texts: pairTexts(rows) };
}

/** A tenth of train selects; dev is the score. */
function stsb() {
  const [select, train] = cut(table("stsb/train.csv"), 0.1, (row) => pairTexts([row]));
  return { kind: "scored", train, select, sets: [stsbDev()], foreign: [sick()] };
}

/**
 * 18,000 rows of SNLI's train, and 1,000 of its dev to select by. Few of these premises have both an entailment and a contradiction (349 of 6,015 entailed pairs),
 * so the peer is given every entailed pair instead of the triplets of its documentation.
 */
function snli() {
  const rows = table("snli/train_subset18k.csv");
  const select = table("snli/dev.csv").slice(0, 1_000);
  const premises = new Set(select.map(({ premise }) => premise));
  const entailed = rows
    .filter(({ label }) => label === "entailment")
    .map(({ premise, hypothesis }) => ({ anchor: premise, positive: hypothesis }));
  const triplets = snliTriplets(join(dataFolder, "snli/dev.csv"))
    .filter(([anchor]) => premises.has(anchor))
    .map(([anchor, positive, [negative]]) => ({ anchor, positive, negative }));
  return {
    kind: "entailed",
    train: rows,
    select,
    peer: { train: entailed, select: triplets },
    sets: [stsbDev()],
    foreign: [sick()],
  };
}

function banking() {
  return bankingOf((rows) => rows);
}

/** Ten texts of each class, of which two select. */
function banking10() {
  return bankingOf((rows) => {
    const counts = new Map();
    return rows.filter(({ label }) => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      return counts.get(label) <= 10;
    });
  });
}

/** A fifth is the score: neighbours among all other texts of the task. Of these, a fifth or a tenth selects. */
function bankingOf(limit) {
  const { train: known, test } = stratifiedSplit(table("banking77/train.csv"));
  const kept = limit(shuffle(known, createRandom(42, "banking")));
  const each = kept.length < 1_000 ? 2 : 10;
  const counts = new Map();
  const selects = kept.map(({ label }) => {
    counts.set(label, (counts.get(label) ?? 0) + 1);
    return counts.get(label) <= each;
  });
  const evaluator = classEvaluator({ train: kept, test });
  const texts = distinct([...kept, ...test].map(({ text }) => text));
  return {
    kind: "classed",
    train: kept.filter((_, i) => !selects[i]),
    select: kept.filter((_, i) => selects[i]),
    sets: [{ name: "held-out fifth", evaluator, key: "knn_accuracy", texts }],
    foreign: [stsbDev(), sick()],
  };
}

/** Of the claims and abstracts that are trained on in bench/quality a tenth selects; documents seen and unseen are scored apart. */
async function scifact() {
  const { rows, texts, sets } = await groups.scifact();
  const order = shuffle(rows, createRandom(42, "scifact/select"));
  const size = Math.round(rows.length / 10);
  return {
    kind: "pair",
    train: order.slice(size),
    select: order.slice(0, size),
    sets: sets.map(({ name, evaluator, keys }) => ({ name, evaluator, key: keys[0], texts })),
    foreign: [stsbDev(), sick()],
  };
}

/** Duplicate questions as labelled pairs: no text of the score or of the selecting rows occurs in training. */
function quora() {
  const rows = table("quora/dev.csv").map((row) => ({ ...row, label: Number(row.label) }));
  const [test, rest] = cut(rows, 0.2, (row) => pairTexts([row]));
  const [select, train] = cut(rest, 0.06, (row) => pairTexts([row]));
  const evaluator = labelledPairEvaluator(test);
  return {
    kind: "labelled",
    train: train.slice(0, 8_000),
    select,
    sets: [{ name: "held-out fifth", evaluator, key: "cosine_ap", texts: pairTexts(test) }],
    foreign: [stsbDev(), sick()],
  };
}
