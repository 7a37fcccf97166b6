import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { normalizedRows } from "../../src/evaluation/cosine.js";
import { pairMetrics } from "../../src/evaluation/evaluators/binary-classification.js";
import { classEvaluator } from "../../src/evaluation/evaluators/classification.js";
import { retrievalEvaluator } from "../../src/evaluation/evaluators/retrieval.js";
import { tripletEvaluator } from "../../src/evaluation/evaluators/triplet.js";
import {
  fitLogisticRegression,
  type LogisticModel,
  predictClasses,
} from "../../src/evaluation/logistic-regression.js";
import type { Embed, Metric } from "../../src/evaluation/metric.js";
import { predictByNeighbors } from "../../src/evaluation/nearest-neighbors.js";
import type { Matrix } from "../../src/math/tensor.js";
import { openRuntime } from "../../src/runtime/runtime.js";
import type { Runtime } from "../../src/runtime/types.js";

type Values = Record<string, number>;

interface Linear {
  readonly coefficients: number[][];
  readonly intercepts: number[];
  readonly predictions: number[];
}

interface Labelled {
  readonly vectors: number[][];
  readonly labels: number[];
}

interface Golden {
  readonly pair: {
    name: string;
    scores: number[];
    labels: number[];
    metrics: Values;
    counts: number[];
    resampled: Values;
  }[];
  readonly triplet: {
    vectors: number[][];
    rows: [number, number, number[]][];
    metrics: Values;
  };
  readonly class: {
    name: string;
    classes: number;
    neighbors: number;
    train: Labelled;
    test: Labelled;
    logistic: { raw: Linear; unit: Linear };
    knn: number[];
    metrics: Values;
  }[];
  readonly retrieval: {
    name: string;
    vectors: number[][];
    documents: number;
    qrels: [string, string][];
    queries: number;
    metrics: Values;
  }[];
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../fixtures/evaluators.json", import.meta.url), "utf8"),
);

const matrix = (rows: readonly number[][]): Matrix => ({
  rows: rows.length,
  cols: rows[0].length,
  data: Float32Array.from(rows.flat()),
});

/** Embeds the text "t7" as row 7. */
const lookUp =
  (rows: readonly number[][]): Embed =>
  async (texts) =>
    matrix(texts.map((text) => rows[Number(text.slice(1))]));

function expectMetrics(metrics: readonly Metric[], expected: Values): void {
  for (const [key, value] of Object.entries(expected))
    expect(metrics.find((metric) => metric.key === key)?.value, key).toBeCloseTo(value, 9);
}

describe("pairMetrics agrees with scikit-learn and sentence-transformers", () => {
  for (const { name, scores, labels, metrics, counts, resampled } of golden.pair) {
    it(name, () => {
      const found = pairMetrics(scores, labels);
      expectMetrics(found, metrics);
      for (const key of ["cosine_accuracy_threshold", "cosine_f1_threshold"]) {
        // Not rounded: a threshold must fall on the right side of its neighbours.
        expect(found.find((metric) => metric.key === key)!.value).toBe(metrics[key]);
      }
    });

    it(`${name}: on a resample as on the drawn rows`, () => {
      const drawn = pairMetrics(scores, labels).filter((metric) => metric.resampled !== undefined);
      expect(drawn).toHaveLength(6);
      for (const metric of drawn) {
        const value = metric.resampled!(Uint32Array.from(counts));
        expect(value, metric.key).toBeCloseTo(resampled[metric.key], 9);
      }
    });
  }
});

describe("tripletEvaluator agrees with sentence-transformers", () => {
  it("on rows of one to three negatives, with ties", async () => {
    const { vectors, rows, metrics } = golden.triplet;
    const evaluator = tripletEvaluator(
      rows.map(([anchor, positive, negatives]) => ({
        anchor: `t${anchor}`,
        positive: `t${positive}`,
        negatives: negatives.map((negative) => `t${negative}`),
      })),
    );
    const evaluation = await evaluator.run(lookUp(vectors));
    expectMetrics(evaluation.metrics, metrics);
    expect(evaluation.rows).toBe(rows.length);
  });
});

describe("retrievalEvaluator agrees with sentence-transformers", () => {
  for (const { name, vectors, documents, qrels, queries, metrics } of golden.retrieval) {
    it(name, async () => {
      const text = (id: string, i: number) => ({ id, text: `t${i}` });
      const evaluator = retrievalEvaluator({
        corpus: Array.from({ length: documents }, (_, i) => text(`${i}`, i)),
        queries: Array.from({ length: 25 }, (_, i) => text(`q${i}`, documents + i)),
        qrels: qrels.map(([query, document]) => ({ query, document, relevance: 1 })),
      });
      const evaluation = await evaluator.run(lookUp(vectors));
      expectMetrics(evaluation.metrics, metrics);
      expect(evaluation.rows).toBe(queries);
    });
  }
});

describe("classifiers agree with scikit-learn", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  for (const { name, classes, neighbors, train, test, logistic, knn, metrics } of golden.class) {
    const raw = { x: matrix(train.vectors), y: train.labels, classes };
    const unit = { ...raw, x: normalizedRows(raw.x) };

    it(`${name}: logistic regression, coefficients and predictions`, async () => {
      for (const [vectors, queries, expected] of [
        [raw, matrix(test.vectors), logistic.raw],
        [unit, normalizedRows(matrix(test.vectors)), logistic.unit],
      ] as const) {
        const model = await fitLogisticRegression(runtime, vectors, { tolerance: 1e-9 });
        expect(model.converged).toBe(true);
        expect([...predictClasses(model, queries)]).toEqual(expected.predictions);
        expectCoefficients(model, expected);
      }
    });

    it(`${name}: nearest neighbours`, async () => {
      const queries = normalizedRows(matrix(test.vectors));
      expect([...(await predictByNeighbors(unit, queries, neighbors))]).toEqual(knn);
    });

    it(`${name}: the evaluator`, async () => {
      const rows = ({ labels }: Labelled, first: number) =>
        labels.map((label, i) => ({ text: `t${first + i}`, label: `class ${label}` }));
      const sets = { train: rows(train, 0), test: rows(test, train.labels.length) };
      const evaluator = classEvaluator(sets, { runtime, neighbors });
      const embed = lookUp([...train.vectors, ...test.vectors]);
      const evaluation = await evaluator.run(embed);
      expectMetrics(evaluation.metrics, metrics);
      expect(evaluation.rows).toBe(test.labels.length);
    });
  }
});

/** The fitted rows of W; intercepts up to the constant that softmax does not see. */
function expectCoefficients({ weights, intercepts }: LogisticModel, expected: Linear): void {
  const fitted = expected.coefficients.length;
  const found = weights.data.subarray((weights.rows - fitted) * weights.cols);
  expected.coefficients.flat().forEach((value, i) => {
    expect(found[i]).toBeCloseTo(value, 5);
  });
  const own = [...intercepts].slice(weights.rows - fitted);
  const shift = fitted === 1 ? 0 : (sum(own) - sum(expected.intercepts)) / fitted;
  expected.intercepts.forEach((value, i) => {
    expect(own[i] - shift).toBeCloseTo(value, 5);
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
