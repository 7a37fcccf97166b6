import { describe, expect, it } from "vitest";
import { meanMetric } from "../../src/evaluation/mean-metric.js";
import type { Evaluation } from "../../src/evaluation/metric.js";
import { correctedForSeveral, scoreReport } from "../../src/evaluation/score-report.js";
import { unitsOfComponents } from "../../src/evaluation/units.js";

const evaluation = (values: readonly number[], components?: readonly number[]): Evaluation => ({
  task: "sts",
  rows: values.length,
  metrics: [meanMetric("m", values)],
  units: components && unitsOfComponents(components),
});

const values = (n: number, gain: number) =>
  Array.from({ length: n }, (_, i) => (i % 7) / 10 + gain);

const report = (tuned: Evaluation, base: Evaluation, seen = {}) =>
  scoreReport({
    file: "f",
    primary: "m",
    model: { name: "tuned", evaluation: tuned },
    base: { name: "base", evaluation: base },
    selected: false,
    ...seen,
  });

describe("a score report", () => {
  it("has interval, p-value and verdict", () => {
    const found = report(evaluation(values(40, 0.1)), evaluation(values(40, 0)));
    expect(found.comparisons[0].p).toBeLessThan(0.001);
    expect(found.verdict).toBe("better");
    expect(found.notes).toBeUndefined();
    expect(found.groups).toBeUndefined();
  });

  it.each([{ selected: true }, { trained: true }])("has no verdict with %o", (seen) => {
    const found = report(evaluation(values(40, 0.1)), evaluation(values(40, 0)), seen);
    expect(found.verdict).toBeUndefined();
    expect(found.comparisons).toHaveLength(1);
  });

  it("makes no interval and no verdict up of fewer than 10 rows", () => {
    const found = report(evaluation(values(9, 0.1)), evaluation(values(9, 0)));
    expect(found.model.metrics[0].interval).toBeUndefined();
    expect(found.comparisons).toEqual([]);
    expect(found.verdict).toBeUndefined();
    expect(found.notes?.[0]).toContain("9 rows are too few");
  });

  it("counts groups of rows that share texts, not rows", () => {
    const nine = values(90, 0).map((_, i) => Math.floor(i / 10));
    const found = report(evaluation(values(90, 0.1), nine), evaluation(values(90, 0), nine));
    expect(found.groups).toEqual({ count: 9, largest: 10 });
    expect(found.notes?.[0]).toContain("9 groups of rows");
    const noisy = (shift: number) =>
      values(300, 0).map((x, i) => x + shift * Math.sin(Math.floor(i / 3)));
    const groups = noisy(0).map((_, i) => Math.floor(i / 3));
    const width = (components?: number[]) => {
      const { low, high } = report(
        evaluation(noisy(1), components),
        evaluation(noisy(0), components),
      ).comparisons[0].interval;
      return high - low;
    };
    // Three equal rows a group: the interval is √3 as wide as of as many independent rows.
    expect(width(groups) / width()).toBeGreaterThan(1.5);
    expect(width(groups) / width()).toBeLessThan(2);
  });

  it("says where a metric is undefined", () => {
    const constant: Evaluation = {
      task: "sts",
      rows: 20,
      metrics: [{ key: "m", value: Number.NaN, resampled: () => Number.NaN }],
    };
    const found = report(constant, constant);
    expect(found.notes?.[0]).toContain("undefined on these rows");
    expect(found.verdict).toBeUndefined();
  });

  it("corrects the verdicts of several models", () => {
    const base = evaluation(values(40, 0));
    const gain = values(40, 0).map((x, i) => x + (i % 4 === 0 ? 0.3 : -0.06));
    const single = report(evaluation(gain), base);
    const p = single.comparisons[0].p ?? 1;
    const many = correctedForSeveral(Array.from({ length: 30 }, () => single));
    expect(many[0].comparisons[0].adjustedP).toBeCloseTo(Math.min(1, 30 * p), 12);
    expect(many[0].verdict).toBe(30 * p > 0.05 ? "no clear difference" : "better");
    expect(correctedForSeveral([single])).toEqual([single]);
  });
});
