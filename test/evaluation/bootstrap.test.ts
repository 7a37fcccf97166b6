import { describe, expect, it } from "vitest";
import {
  bootstrap,
  compare,
  interval95,
  metricInterval,
  sampleMetrics,
} from "../../src/evaluation/bootstrap.js";
import {
  resampledMean,
  resampledPearson,
  resampledSpearman,
} from "../../src/evaluation/resampling.js";
import { createRandom } from "../../src/math/random.js";
import { mean, pearson, spearman } from "../../src/math/statistics.js";

const random = createRandom(1);
const n = 60;
const x = Array.from({ length: n }, () => random.normal());
const y = x.map((value) => Math.round(2 * (value + random.normal())) / 2);

/** A resample written out row by row, the slow way. */
function expand(values: readonly number[], counts: Uint32Array): number[] {
  return values.flatMap((value, i) => Array.from({ length: counts[i] }, () => value));
}

describe("resampled statistics equal the statistic of the written-out resample", () => {
  const counts = new Uint32Array(n);
  for (let i = 0; i < n; i++) counts[random.below(n)] += 1;

  it("Spearman with ties", () => {
    const want = spearman(expand(x, counts), expand(y, counts));
    expect(resampledSpearman(x, y)(counts)).toBeCloseTo(want, 12);
  });
  it("Pearson", () => {
    const want = pearson(expand(x, counts), expand(y, counts));
    expect(resampledPearson(x, y)(counts)).toBeCloseTo(want, 12);
  });
  it("mean", () => {
    expect(resampledMean(y)(counts)).toBeCloseTo(mean(expand(y, counts)), 12);
  });
});

describe("bootstrap", () => {
  const values = Array.from({ length: 400 }, () => 3 + random.normal());

  it("gives the normal-theory interval of a mean", () => {
    const [samples] = bootstrap([resampledMean(values)], { rows: 400 });
    const { low, high } = interval95(samples)!;
    expect(samples.length).toBe(10_000);
    expect(high - low).toBeGreaterThan(0.17);
    expect(high - low).toBeLessThan(0.23);
    expect((low + high) / 2).toBeCloseTo(mean(values), 1);
  });

  it("is the same for the same seed and differs for another", () => {
    const once = (seed: number) =>
      bootstrap([resampledMean(values)], { rows: 400, resamples: 50, seed });
    expect(once(42)).toEqual(once(42));
    expect(once(42)).not.toEqual(once(43));
  });

  it("leaves resamples on which the statistic is undefined out of the interval", () => {
    const two = [0, 1];
    const [samples] = bootstrap([resampledSpearman(two, two)], { rows: 2, resamples: 200 });
    const defined = samples.filter((value) => !Number.isNaN(value));
    expect(defined.length).toBeGreaterThan(50);
    expect(defined.length).toBeLessThan(150);
    expect(defined.every((value) => value === 1)).toBe(true);
    expect(interval95(Float64Array.from([1, 2, Number.NaN]))).toEqual({ low: 1.025, high: 1.975 });
    expect(interval95(Float64Array.from([1, Number.NaN]))).toBeUndefined();
  });
});

describe("compare", () => {
  const metric = (values: number[]) => ({
    key: "m",
    value: mean(values),
    resampled: resampledMean(values),
  });
  const base = Array.from({ length: 300 }, () => random.normal());
  const options = { rows: 300, resamples: 2000 };
  const compared = (base: number[], tuned: number[]) => {
    const [a, b] = sampleMetrics([metric(base), metric(tuned)], options);
    return compare(a, b)!;
  };

  it("pairs the rows: a small constant gain is clear although the rows vary widely", () => {
    const tuned = base.map((value) => value + 0.05 + 0.01 * random.normal());
    const result = compared(base, tuned);
    expect(result.verdict).toBe("better");
    expect(result.difference).toBeCloseTo(0.05, 2);
    expect(compared(tuned, base).verdict).toBe("worse");
  });

  it("says so when there is no clear difference", () => {
    const other = base.map(() => random.normal());
    expect(compared(base, other).verdict).toBe("no clear difference");
    expect(compared(base, base).verdict).toBe("no clear difference");
  });

  it("has no interval where rows cannot be resampled", () => {
    const [threshold, other, undefinedValue] = sampleMetrics(
      [{ key: "t", value: 1 }, metric(base), { ...metric(base), value: Number.NaN }],
      options,
    );
    expect(metricInterval(threshold)).toBeUndefined();
    expect(metricInterval(undefinedValue)).toBeUndefined();
    expect(metricInterval(other)).toBeDefined();
    expect(compare(threshold, other)).toBeUndefined();
  });
});
