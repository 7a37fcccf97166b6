import { describe, expect, it } from "vitest";
import { rankedUnderAll } from "../../src/search/ranks.js";

describe("rankedUnderAll", () => {
  it("gives the best of each model with its rank under all, the earlier first among equals", () => {
    const base = Float64Array.of(0.1, 0.9, 0.5, 0.9);
    const tuned = Float64Array.of(0.8, 0.2, 0.2, 0.9);
    const [before, after] = rankedUnderAll([base, tuned], 2);
    expect(before.map(({ document, ranks }) => [document, ...ranks])).toEqual([
      [1, 1, 3],
      [3, 2, 1],
    ]);
    expect(after.map(({ document, score, ranks }) => [document, score, ...ranks])).toEqual([
      [3, 0.9, 2, 1],
      [0, 0.8, 4, 2],
    ]);
  });
});
