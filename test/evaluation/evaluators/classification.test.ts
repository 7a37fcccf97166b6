import { describe, expect, it } from "vitest";
import { stratifiedSplit } from "../../../src/evaluation/class-split.js";
import { classEvaluator } from "../../../src/evaluation/evaluators/classification.js";

const runtime = { createSession: () => Promise.reject(new Error("not needed")) };
const row = (text: string, label: string) => ({ text, label });

describe("classEvaluator", () => {
  const train = [row("a", "x"), row("b", "y")];

  it("refuses what cannot be classified", () => {
    expect(() => classEvaluator({ train, test: [] }, { runtime })).toThrow(/no test texts/);
    const one = { train: [row("a", "x")], test: [row("b", "x")] };
    expect(() => classEvaluator(one, { runtime })).toThrow(/at least 2 classes, got 1/);
    for (const neighbors of [0, 3, 1.5]) {
      expect(() => classEvaluator({ train, test: train }, { runtime, neighbors })).toThrow(
        `from 1 to the 2 training texts, got ${neighbors}`,
      );
    }
  });
});

describe("stratifiedSplit", () => {
  const rows = Array.from({ length: 230 }, (_, i) => row(`text ${i}`, `class ${i % 23}`));

  it("holds out the share of every class and keeps the rest, in file order", () => {
    const { train, test } = stratifiedSplit(rows, { share: 0.2 });
    expect(test).toHaveLength(46);
    for (let c = 0; c < 23; c++) {
      expect(test.filter(({ label }) => label === `class ${c}`)).toHaveLength(2);
    }
    expect(rows.filter((r) => train.includes(r))).toEqual(train);
    expect(rows.filter((r) => !train.includes(r))).toEqual(test);
  });

  it("carries rounding from class to class", () => {
    const few = Array.from({ length: 90 }, (_, i) => row(`text ${i}`, `class ${i % 30}`));
    expect(stratifiedSplit(few, { share: 0.1 }).test).toHaveLength(9);
  });

  it("is drawn by the seed", () => {
    const texts = (seed: number) => stratifiedSplit(rows, { seed }).test.map(({ text }) => text);
    expect(texts(1)).toEqual(texts(1));
    expect(texts(1)).not.toEqual(texts(2));
    expect(stratifiedSplit(rows)).toEqual(stratifiedSplit(rows, { seed: 42, share: 0.2 }));
  });

  it("keeps a training text of every class, and equal texts on one side", () => {
    const twins = rows.flatMap((r) => [r, { ...r }]);
    const { train, test } = stratifiedSplit([...twins, row("alone", "rare")], { share: 0.7 });
    const trained = new Set(train.map(({ text }) => text));
    expect(test.some(({ text }) => trained.has(text))).toBe(false);
    expect(new Set(train.map(({ label }) => label)).size).toBe(24);
  });

  it("refuses classes without a text to spare", () => {
    const singles = rows.slice(0, 20);
    expect(() => stratifiedSplit(singles)).toThrow(/20 different classed texts are too few/);
  });
});
