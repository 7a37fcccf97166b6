import { describe, expect, it } from "vitest";
import { pairMetrics } from "../../src/evaluation/evaluators/binary-classification.js";
import type { Metric } from "../../src/evaluation/metric.js";
import { miningMetrics } from "../../src/evaluation/mining-metrics.js";
import { finerFigure, isBetter } from "../../src/evaluation/tie-break.js";

const metrics = [
  { key: "a", value: 0.9 },
  { key: "b", value: 0.5 },
  { key: "c", value: Number.NaN },
  { key: "d", value: 0.7 },
];

describe("finerFigure", () => {
  it("is the mean margin of rows, without those that have none", () => {
    const figures = { margin: [0.1, Number.NaN, Number.POSITIVE_INFINITY, 0.3] };
    const details = { lines: [], texts: [], figures };
    expect(finerFigure({ task: "t", rows: 4, metrics, details }, "a")).toBeCloseTo(0.2, 12);
  });

  it("is the mean of the other metrics where rows have no margin", () => {
    expect(finerFigure({ task: "t", rows: 4, metrics }, "a")).toBeCloseTo(0.6, 12);
    expect(finerFigure({ task: "t", rows: 4, metrics: [metrics[0]] }, "a")).toBeNaN();
  });

  const labels = [1, 0, 1, 0];
  it.each<[string, string, (scores: Float64Array) => Metric[]]>([
    ["labelled pairs", "cosine_ap", (scores) => pairMetrics(scores, labels)],
    [
      "mined pairs",
      "f1",
      (scores) => miningMetrics({ scores, right: labels, total: 2 }, { resampled: false }),
    ],
  ])("goes by no threshold of %s: a model of higher cosines is no better", (_, key, measured) => {
    const [wide, narrow] = [
      [0.9, 0.5, 0.3, -0.2],
      [0.99, 0.95, 0.93, 0.88],
    ].map((scores) => ({ task: "t", rows: 4, metrics: measured(Float64Array.from(scores)) }));
    expect(finerFigure(narrow, key)).toBeGreaterThan(0);
    expect(finerFigure(narrow, key)).toBe(finerFigure(wide, key));
  });
});

describe("isBetter", () => {
  it("goes by the value, and by the finer figure only where values are equal", () => {
    expect(isBetter({ value: 2, finer: 0 }, { value: 1, finer: 9 })).toBe(true);
    expect(isBetter({ value: 1, finer: 9 }, { value: 2, finer: 0 })).toBe(false);
    expect(isBetter({ value: 1, finer: 2 }, { value: 1, finer: 1 })).toBe(true);
    expect(isBetter({ value: 1, finer: 1 }, { value: 1, finer: 1 })).toBe(false);
  });

  it("prefers nothing to what is undefined, and what came first where nothing decides", () => {
    expect(isBetter({ value: Number.NaN }, { value: Number.NEGATIVE_INFINITY })).toBe(false);
    expect(isBetter({ value: 1, finer: 1 }, { value: 1 })).toBe(false);
    expect(isBetter({ value: 1 }, { value: 1, finer: 1 })).toBe(false);
  });
});
