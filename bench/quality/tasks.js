import { join } from "node:path";
import { componentsOf } from "../../dist/dataset/batches/components.js";
import { loadRetrieval } from "../../dist/dataset/retrieval/load-retrieval.js";
import { stratifiedSplit } from "../../dist/evaluation/class-split.js";
import { classEvaluator } from "../../dist/evaluation/evaluators/classification.js";
import { retrievalEvaluator } from "../../dist/evaluation/evaluators/retrieval.js";
import { stsEvaluator } from "../../dist/evaluation/evaluators/similarity.js";
import { createRandom, shuffle } from "../../dist/math/random.js";
import { dataFolder, table } from "../shared-data.js";
import { snliTriplets } from "../snli-triplets.js";

/** Distinct values in order of first appearance. */
const distinct = (values) => [...new Set(values)];

/**
 * Each task gives `rows` to train on, `train` settings, `texts` whose vectors are wanted, and `sets`: what is measured on them,
 * with the metrics that are reported. No measured row selects anything: the last step is measured. STS-B's own files overlap, see
 * README.md; all other tasks train on no measured row.
 */
export const groups = { snli, stsb, banking, scifact: () => scifactAmong(2_000) };

/** Triplets of SNLI dev, each with its first contradiction, as the peer's loss takes one; STS-B dev measures. */
function snli() {
  const rows = snliTriplets(join(dataFolder, "snli/dev.csv")).map(
    ([anchor, positive, negatives]) => ({
      anchor,
      positive,
      negative: negatives[0],
    }),
  );
  return { rows, train: { objective: "infonce" }, ...stsbDev() };
}

function stsb() {
  return { rows: table("stsb/train.csv"), train: { objective: "cosent" }, ...stsbDev() };
}

function stsbDev() {
  const pairs = table("stsb/dev.csv").map((row) => ({ ...row, score: Number(row.score) }));
  const texts = distinct(pairs.flatMap(({ sentence1, sentence2 }) => [sentence1, sentence2]));
  const sts = { name: "STS-B dev", evaluator: stsEvaluator(pairs), keys: ["spearman_cosine"] };
  return { texts, sets: [sts] };
}

/** A fifth of the training texts of each class is held out; the classifiers learn from the rest. */
function banking(runtime) {
  const { train, test } = stratifiedSplit(table("banking77/train.csv"));
  const classes = {
    name: "held-out fifth",
    evaluator: classEvaluator({ train, test }, { runtime }),
    keys: ["knn_accuracy", "logreg_accuracy"],
  };
  const texts = distinct([...train, ...test].map(({ text }) => text));
  return { rows: train, train: { objective: "supcon" }, texts, sets: [classes] };
}

/**
 * Claims and the abstracts that support or refute them. Two groups of queries are held out: whole components of the graph of
 * claims and abstracts, so that no relevant document occurs in training; and of the rest, queries all of whose documents
 * stay with another query. Both search the same part of the corpus: all relevant abstracts and as many others, drawn at random, as
 * make `size`.
 */
export async function scifactAmong(size) {
  const file = (name) => join(dataFolder, "scifact", name);
  const loaded = await loadRetrieval({
    queries: file("train_queries.csv"),
    corpus: file("corpus.csv"),
    qrels: file("train_qrels.csv"),
  });
  const { rows: queries, qrels } = loaded;
  const relevant = documentsOf(qrels);
  const corpus = smallCorpus(loaded.corpus, new Set([...relevant.values()].flat()), size);
  const { unseen, seen, train } = holdOutQueries(queries, relevant);
  const query = new Map(queries.map(({ id, text }) => [id, text]));
  const document = new Map(corpus.map(({ id, text }) => [id, text]));
  const group = (name, own) => ({
    name,
    evaluator: retrievalEvaluator({ queries: own, corpus, qrels }),
    keys: ["cosine_ndcg@10"],
  });
  const ids = new Set(train.map(({ id }) => id));
  const pairs = qrels.filter((judged) => judged.relevance > 0 && ids.has(judged.query));
  return {
    rows: pairs.map((judged) => ({
      anchor: query.get(judged.query),
      positive: document.get(judged.document),
    })),
    train: { objective: "infonce", batchSize: 32, epochs: 3 },
    texts: distinct([...unseen, ...seen, ...corpus].map(({ text }) => text)),
    sets: [
      group("queries whose documents occur in training", seen),
      group("queries whose documents do not", unseen),
    ],
  };
}

function smallCorpus(documents, relevant, size) {
  const others = documents.filter(({ id }) => !relevant.has(id));
  const drawn = shuffle(others, createRandom(42, "scifact/corpus"));
  const kept = documents.filter(({ id }) => relevant.has(id));
  return [...kept, ...drawn.slice(0, size - kept.length)];
}

/** Relevant documents by query. */
function documentsOf(qrels) {
  const documents = new Map();
  for (const { query, document, relevance } of qrels)
    if (relevance > 0) documents.set(query, [...(documents.get(query) ?? []), document]);
  return documents;
}

/** About a quarter of the queries in each of the two groups. */
function holdOutQueries(queries, documents) {
  const share = Math.round(queries.length / 4);
  const keys = ({ id, text }) => [
    `text ${text}`,
    ...documents.get(id).map((own) => `document ${own}`),
  ];
  const components = componentsOf(queries, keys);
  const order = shuffle(distinct(components), createRandom(42, "scifact"));
  const unseen = [];
  const chosen = new Set();
  for (const component of order) {
    if (unseen.length >= share) break;
    chosen.add(component);
    unseen.push(...queries.filter((_, i) => components[i] === component));
  }
  const rest = shuffle(
    queries.filter((_, i) => !chosen.has(components[i])),
    createRandom(42, "scifact/seen"),
  );
  return { unseen, ...holdOutSeen(rest, documents, share) };
}

/** Holds out queries whose text comes once and whose documents each stay with a query that is trained on. */
function holdOutSeen(queries, documents, share) {
  const uses = new Map();
  const count = (id, by) => uses.set(id, (uses.get(id) ?? 0) + by);
  for (const { id } of queries) for (const own of documents.get(id)) count(own, 1);
  const times = new Map();
  for (const { text } of queries) times.set(text, (times.get(text) ?? 0) + 1);
  const seen = [];
  const train = [];
  for (const query of queries) {
    const own = documents.get(query.id);
    const free = times.get(query.text) === 1 && own.every((document) => uses.get(document) > 1);
    if (free && seen.length < share) {
      for (const document of own) count(document, -1);
      seen.push(query);
    } else train.push(query);
  }
  return { seen, train };
}
