import { describe, expect, it } from "vitest";
import { meanMetric } from "../../../src/evaluation/mean-metric.js";
import { createRandom } from "../../../src/math/random.js";
import {
  chooseAlpha,
  type LinePoint,
  likelyAlpha,
} from "../../../src/training/run/choose-alpha.js";

const ALPHAS = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Rows of a normal noise of their own at each α around these means. */
function line(
  means: readonly number[],
  { noise = 0, rows = 200, finer = means } = {},
): LinePoint[] {
  const random = createRandom(7, "line");
  return means.map((mean, i) => {
    const values = Array.from({ length: rows }, () => noise * random.normal());
    const shift = mean - values.reduce((sum, x) => sum + x, 0) / rows;
    const metrics = [
      meanMetric(
        "m",
        values.map((x) => x + shift),
      ),
    ];
    return { alpha: ALPHAS[i], finer: finer[i], evaluation: { task: "t", rows, metrics } };
  });
}
const chosen = (means: readonly number[], given: Parameters<typeof line>[1] = {}, likely = 0.5) =>
  chooseAlpha(line(means, given), { metric: "m", likely, seed: 42 });

describe("chooseAlpha", () => {
  it("takes the best point where it is clearly the best", () => {
    expect(chosen([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])).toBe(1);
    expect(chosen([0.1, 0.6, 0.5, 0.4, 0.3, 0.2])).toBe(0.2);
  });

  it("takes the one nearest to ½ of those that noise does not tell from the best", () => {
    const means = [0.1, 0.5, 0.55, 0.56, 0.57, 0.58];
    expect(chosen(means)).toBe(1);
    // The standard error of a difference of 200 rows each is 0.1·√(2/200)·10 = 0.1.
    expect(chosen(means, { noise: 1 })).toBe(0.6);
    expect(chosen(means, { noise: 1, rows: 200_0 })).toBeGreaterThan(0.6);
  });

  it("takes the one nearest to 1 for heads, unless noise tells it from the best", () => {
    const means = [0.1, 0.5, 0.58, 0.57, 0.56, 0.55];
    expect([chosen(means, {}, 1), chosen(means, { noise: 1 }, 1)]).toEqual([0.4, 1]);
    expect(chosen([0.5, 0.51, 0.4, 0.4, 0.4, 0.49], { noise: 3 }, 1)).toBe(0.2);
    expect(likelyAlpha({ tune: "head" })).toBe(1);
    for (const tune of ["full", "lora", "last:2"] as const) expect(likelyAlpha({ tune })).toBe(0.5);
  });

  it("never goes out worse than the start on these rows, whatever the noise", () => {
    expect(chosen([0.5, 0.4, 0.45, 0.49, 0.4, 0.51], { noise: 3 })).toBe(1);
    expect(chosen([0.5, 0.4, 0.45, 0.49, 0.4, 0.499], { noise: 3 })).toBe(0);
  });

  it("goes by the finer figure where all are equal, and stays where nothing is better", () => {
    const equal = [0.5, 0.5, 0.5, 0.5, 0.5, 0.5];
    expect(chosen(equal, { finer: [0.1, 0.2, 0.3, 0.2, 0.2, 0.2] })).toBe(0.4);
    expect(chosen(equal, { finer: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1] })).toBe(0);
    expect(chosen(equal.map(() => Number.NaN))).toBe(0);
  });
});
