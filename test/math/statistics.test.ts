import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { averageRanks, pearson, quantile, spearman } from "../../src/math/statistics.js";

interface Case {
  name: string;
  x: number[];
  y: number[];
  ranksX: number[];
  pearson: number;
  spearman: number;
}

const { cases } = JSON.parse(
  readFileSync(new URL("../fixtures/statistics.json", import.meta.url), "utf8"),
) as { cases: Case[] };

describe("correlations equal scipy's to 1e-9", () => {
  it.each(cases)("$name", ({ x, y, ranksX, pearson: r, spearman: rho }) => {
    expect([...averageRanks(x)]).toEqual(ranksX);
    expect(Math.abs(pearson(x, y) - r)).toBeLessThan(1e-9);
    expect(Math.abs(spearman(x, y) - rho)).toBeLessThan(1e-9);
  });

  it("is undefined for a constant side and for one row", () => {
    expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
    expect(spearman([2, 2], [1, 2])).toBeNaN();
    expect(pearson([1], [1])).toBeNaN();
  });
});

describe("quantile", () => {
  it("interpolates linearly", () => {
    expect(quantile([0, 10, 20, 30], 0.5)).toBe(15);
    expect(quantile([0, 10, 20, 30], 0)).toBe(0);
    expect(quantile([0, 10, 20, 30], 1)).toBe(30);
    expect(quantile([4], 0.3)).toBe(4);
  });
});
