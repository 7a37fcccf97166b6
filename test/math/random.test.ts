import { describe, expect, it } from "vitest";
import { createRandom, permutation, restoreRandom, shuffle } from "../../src/math/random.js";

function draws(seed: number, stream?: string): number[] {
  const random = createRandom(seed, stream);
  return Array.from({ length: 5 }, () => random.uint32());
}

describe("createRandom", () => {
  it("gives the same numbers for the same seed and stream and others for others", () => {
    expect(draws(42)).toEqual(draws(42));
    expect(draws(42)).not.toEqual(draws(43));
    expect(draws(42, "head")).not.toEqual(draws(42, "sampler"));
  });

  it("goes on exactly from a saved state that survived JSON", () => {
    const random = createRandom(7, "sampler");
    for (let i = 0; i < 100; i++) random.normal();
    const resumed = restoreRandom(JSON.parse(JSON.stringify(random.state())));
    for (let i = 0; i < 100; i++) expect(resumed.normal()).toBe(random.normal());
    expect(resumed.state()).toEqual(random.state());
  });

  it("is pinned: runs of earlier versions can be repeated", () => {
    const random = createRandom(42);
    expect([random.uint32(), random.uint32(), random.below(1000)]).toEqual([
      1984033043, 1460044659, 236,
    ]);
  });

  it("is uniform: mean 1/2, variance 1/12, never 1", () => {
    const random = createRandom(1);
    const values = Array.from({ length: 100_000 }, () => random.uniform());
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
    expect(mean).toBeCloseTo(0.5, 2);
    expect(variance).toBeCloseTo(1 / 12, 2);
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
  });

  it("is normal: moments 0, 1, 0, 3", () => {
    const random = createRandom(2);
    const values = Array.from({ length: 200_000 }, () => random.normal());
    const moment = (k: number) => values.reduce((sum, x) => sum + x ** k, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.02);
    expect(Math.abs(moment(3))).toBeLessThan(0.05);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
  });

  it("draws each number below n equally often (chi-square, 6 degrees of freedom)", () => {
    const random = createRandom(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.below(7)] += 1;
    const chi = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
    expect(chi).toBeLessThan(22.5);
  });

  it("refuses a bound that is not a whole number from 1 to 2^32", () => {
    const random = createRandom(4);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    for (const n of [0, -1, 1.5, 2 ** 33, Number.NaN])
      expect(() => random.below(n)).toThrow(/below/);
    expect(() => createRandom(Number.NaN)).toThrow(/seed/);
  });
});

describe("shuffle and permutation", () => {
  it("keeps the items and reaches every order of three about equally often", () => {
    const random = createRandom(5);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = shuffle(["a", "b", "c"], random).join("");
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect([...seen.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });

  it("permutes 0 … n − 1", () => {
    const order = permutation(1000, createRandom(6));
    expect(Array.from(order)).not.toEqual(Array.from(order).sort((a, b) => a - b));
    expect(new Set(order).size).toBe(1000);
    expect(permutation(0, createRandom(6)).length).toBe(0);
  });
});
