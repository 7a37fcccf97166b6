import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adjustedRand, contingency, vMeasure } from "../../src/evaluation/cluster-scores.js";
import { normalizedRows } from "../../src/evaluation/cosine.js";
import { bitextEvaluator } from "../../src/evaluation/evaluators/bitext.js";
import { classEvaluator } from "../../src/evaluation/evaluators/classification.js";
import { clusterEvaluator } from "../../src/evaluation/evaluators/clustering.js";
import { paraphraseMiningEvaluator } from "../../src/evaluation/evaluators/paraphrase-mining.js";
import { retrievalEvaluator } from "../../src/evaluation/evaluators/retrieval.js";
import { stsEvaluator } from "../../src/evaluation/evaluators/similarity.js";
import { kMeans } from "../../src/evaluation/k-means.js";
import { listScores } from "../../src/evaluation/list-scores.js";
import type { Embed, Metric } from "../../src/evaluation/metric.js";
import { createRandom } from "../../src/math/random.js";
import type { Matrix } from "../../src/math/tensor.js";
import { openRuntime } from "../../src/runtime/runtime.js";
import type { Runtime } from "../../src/runtime/types.js";

type Values = Record<string, number>;
type Rows = number[][];

interface Golden {
  readonly sts: { first: Rows; second: Rows; gold: number[]; subset: string[]; metrics: Values };
  readonly retrieval: {
    corpus: Rows;
    queries: Rows;
    qrels: [string, string][];
    at: number[];
    metrics: Values;
  };
  readonly rerank: { scores: number[]; right: number; map: number; ndcg: number; mrr: number }[];
  readonly class: {
    train: { vectors: Rows; labels: number[] };
    test: { vectors: Rows; labels: number[] };
    metrics: Values;
  };
  readonly cluster: {
    scores: { classes: number[]; clusters: number[]; v: number; rand: number }[];
    vectors: Rows;
    labels: number[];
    inertia: number;
    v: number;
    rand: number;
  };
  readonly bitext: { first: Rows; second: Rows; metrics: Values };
  readonly paraphrase: { vectors: Rows; pairs: [number, number][]; metrics: Values };
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../fixtures/evaluation.json", import.meta.url), "utf8"),
);

const matrix = (rows: Rows): Matrix => ({
  rows: rows.length,
  cols: rows[0].length,
  data: Float32Array.from(rows.flat()),
});

/** Embeds the text "a7" as row 7 of `a`. */
const lookUp =
  (tables: Record<string, Rows>): Embed =>
  async (texts) =>
    matrix(texts.map((text) => tables[text[0]][Number(text.slice(1))]));

function expectMetrics(metrics: readonly Metric[], expected: Values): void {
  expect(metrics.map(({ key }) => key).sort()).toEqual(Object.keys(expected).sort());
  for (const { key, value } of metrics) expect(value, key).toBeCloseTo(expected[key], 9);
}

/** On a resample that draws every row once a metric is what it is. */
function expectResampled(metrics: readonly Metric[], rows: number): void {
  const once = new Uint32Array(rows).fill(1);
  for (const { key, value, resampled } of metrics)
    if (resampled !== undefined) expect(resampled(once), key).toBeCloseTo(value, 12);
}

describe("evaluators agree with scipy, scikit-learn and pytrec_eval", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  it("sts: four similarities, two correlations, three protocols of subsets", async () => {
    const { first, second, gold, subset, metrics } = golden.sts;
    const pairs = gold.map((score, i) => ({
      sentence1: `a${i}`,
      sentence2: `b${i}`,
      score,
      subset: subset[i],
    }));
    const evaluator = stsEvaluator(pairs);
    const found = await evaluator.run(lookUp({ a: first, b: second }));
    expectMetrics(found.metrics, metrics);
    expectResampled(found.metrics, pairs.length);
    expect(found.metrics.map(({ key }) => key)).toEqual(evaluator.keys);
    expect(found.units).toBeUndefined();
  });

  it("retrieval: accuracy, precision and recall at any depth", async () => {
    const { corpus, queries, qrels, at, metrics } = golden.retrieval;
    const evaluator = retrievalEvaluator(
      {
        corpus: corpus.map((_, i) => ({ id: `${i}`, text: `c${i}` })),
        queries: queries.map((_, i) => ({ id: `q${i}`, text: `q${i}` })),
        qrels: qrels.map(([query, document]) => ({ query, document, relevance: 1 })),
      },
      at,
    );
    const found = await evaluator.run(lookUp({ c: corpus, q: queries }));
    expectMetrics(found.metrics, metrics);
    expect(found.details?.ranked?.[0]).toHaveLength(100);
  });

  it("rerank: average precision, nDCG@10 with ties, MRR@10", () => {
    for (const { scores, right, map, ndcg, mrr } of golden.rerank) {
      const found = listScores(scores, right);
      expect(found.averagePrecision).toBeCloseTo(map, 12);
      expect(found.ndcg10).toBeCloseTo(ndcg, 12);
      expect(found.mrr10).toBe(mrr);
    }
  });

  it("class: accuracy and macro-F1 of three classifiers", async () => {
    const { train, test, metrics } = golden.class;
    const rows = (name: string, labels: number[]) =>
      labels.map((label, i) => ({ text: `${name}${i}`, label: `${label}` }));
    const sets = { train: rows("a", train.labels), test: rows("b", test.labels) };
    const embed = lookUp({ a: train.vectors, b: test.vectors });
    const found = await classEvaluator(sets, { runtime }).run(embed);
    expectMetrics(found.metrics, metrics);
    expectResampled(found.metrics, test.labels.length);
  });

  it("cluster: V-measure and adjusted Rand index of given clusters", () => {
    for (const { classes, clusters, v, rand } of golden.cluster.scores) {
      const once = new Uint8Array(classes.length).fill(1);
      const table = contingency(Int32Array.from(classes), Int32Array.from(clusters), once);
      expect(vMeasure(table)).toBeCloseTo(v, 12);
      expect(adjustedRand(table)).toBeCloseTo(rand, 12);
    }
  });

  it("cluster: k-means finds the optimum that scikit-learn finds in 50 starts", async () => {
    const { vectors, labels, inertia, v, rand } = golden.cluster;
    const random = createRandom(42, "k-means");
    const found = kMeans(normalizedRows(matrix(vectors)), { clusters: 6, random });
    expect(found.inertia).toBeCloseTo(inertia, 6);
    const rows = labels.map((label, i) => ({ text: `a${i}`, label: `${label}` }));
    const evaluation = await clusterEvaluator(rows).run(lookUp({ a: vectors }));
    expectMetrics(evaluation.metrics, { v_measure: v, adjusted_rand: rand });
    expectResampled(evaluation.metrics, rows.length);
  });

  it("bitext: F1 at the best threshold, accuracy both ways", async () => {
    const { first, second, metrics } = golden.bitext;
    const rows = first.map((_, i) => ({ anchor: `a${i}`, positive: `b${i}` }));
    const found = await bitextEvaluator(rows).run(lookUp({ a: first, b: second }));
    expectMetrics(found.metrics, metrics);
    expectResampled(found.metrics, rows.length);
  });

  it("paraphrase mining: F1 at the best threshold among all pairs", async () => {
    const { vectors, pairs, metrics } = golden.paraphrase;
    const rows = pairs.map(([i, j], k) => ({
      anchor: `a${i}`,
      positive: `a${j}`,
      negatives: [],
      line: k + 2,
    }));
    const found = await paraphraseMiningEvaluator(rows).run(lookUp({ a: vectors }));
    expectMetrics(found.metrics, metrics);
  });
});
