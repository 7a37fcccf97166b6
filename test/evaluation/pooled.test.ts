import { describe, expect, it } from "vitest";
import type { Evaluation } from "../../src/evaluation/metric.js";
import { permutationP } from "../../src/evaluation/permutation.js";
import { pooled } from "../../src/evaluation/pooled.js";
import { resampledMean, resampledSpearman } from "../../src/evaluation/resampling.js";

/** An evaluation whose rows have the figures `right`, and Spearman's of `scores` with `gold`. */
function evaluation(right: number[], scores: number[], gold: number[]): Evaluation {
  const rows = right.length;
  const spearman = resampledSpearman(scores, gold);
  return {
    task: "made up",
    rows,
    metrics: [
      {
        key: "accuracy",
        value: resampledMean(right)(new Uint32Array(rows).fill(1)),
        resampled: resampledMean(right),
        swap: { kind: "ratio", values: right },
      },
      {
        key: "spearman",
        value: spearman(new Uint32Array(rows).fill(1)),
        resampled: spearman,
        swap: {
          kind: "correlation",
          scores: Float64Array.from(scores),
          gold: Float64Array.from(gold),
        },
      },
      { key: "threshold", value: 0.5 },
    ],
    details: {
      lines: right.map((_, i) => i + 2),
      texts: right.map((_, i) => `text ${rows}.${i}`),
      figures: { right },
    },
  };
}

const small = evaluation([1, 0, 1], [0.1, 0.2, 0.9], [1, 2, 3]);
const large = evaluation([0, 0, 1, 0, 1], [5, 4, 3, 2, 1], [1, 2, 3, 4, 5]);
const both = pooled([small, large]);
const metric = (key: string) => both.metrics.find((one) => one.key === key);

describe("pooled", () => {
  it("is the mean by rows, of ranks too: scores of two models are not ranked together", () => {
    expect(both.rows).toBe(8);
    expect(metric("accuracy")?.value).toBeCloseTo(4 / 8, 12);
    expect(metric("spearman")?.value).toBeCloseTo((3 * 1 + 5 * -1) / 8, 12);
    expect(metric("threshold")?.resampled).toBeUndefined();
  });

  it("gives on a resample what the parts give on theirs, by the rows drawn of each", () => {
    const all = new Uint32Array(8).fill(1);
    for (const key of ["accuracy", "spearman"])
      expect(metric(key)?.resampled?.(all)).toBeCloseTo(metric(key)?.value ?? 0, 12);
    const counts = Uint32Array.from([2, 0, 0, 0, 3, 1, 2, 0]);
    expect(metric("accuracy")?.resampled?.(counts)).toBeCloseTo((2 * 1 + 1) / 8, 12);
    const ofLarge = Uint32Array.from([0, 0, 0, 2, 1, 3, 1, 1]);
    const own = large.metrics[1].resampled?.(Uint32Array.from([2, 1, 3, 1, 1]));
    expect(metric("spearman")?.resampled?.(ofLarge)).toBeCloseTo(own ?? 0, 12);
  });

  it("swaps means row by row, and no ranks", () => {
    expect(metric("accuracy")?.swap).toEqual({
      kind: "ratio",
      values: Float64Array.from([1, 0, 1, 0, 0, 1, 0, 1]),
      weights: undefined,
    });
    expect(metric("spearman")?.swap).toBeUndefined();
    const worse = pooled([
      evaluation([0, 0, 0], [1, 2, 3], [1, 2, 3]),
      evaluation([0, 0, 0, 0, 0], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
    ]).metrics[0].swap;
    // Four rows differ: of 2⁴ swaps, two have all of them on one side.
    const own = metric("accuracy")?.swap;
    if (own === undefined || worse === undefined) throw new Error("no figures");
    expect(permutationP(worse, own)).toBeCloseTo(2 / 16, 12);
  });

  it("puts rows and their groups one behind the other", () => {
    expect(both.details?.texts).toEqual([
      ...Array.from(small.details?.texts ?? []),
      ...Array.from(large.details?.texts ?? []),
    ]);
    expect(both.details?.figures.right).toHaveLength(8);
    expect(both.units).toBeUndefined();
    const units = { of: Int32Array.from([0, 0, 1]), count: 2, largest: 2, by: "texts" as const };
    expect(pooled([large, { ...small, units }]).units).toEqual({
      of: Int32Array.from([0, 1, 2, 3, 4, 5, 5, 6]),
      count: 7,
      largest: 2,
      by: "texts",
    });
  });
});
