import { describe, expect, it } from "vitest";
import { bool } from "../../../src/math/tensor.js";
import { objectiveNamed } from "../../../src/objectives/registry.js";
import { resolveOptions } from "../../../src/objectives/resolve.js";
import { batchFigures } from "../../../src/training/batches/batch-figures.js";
import { evaluate, type Given, type Numbers, random } from "../../objectives/evaluate.js";

const [B, K, D] = [4, 2, 3];
const numbers = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i);
const pairs = { anchors: numbers(B), positives: numbers(B), negatives: numbers(B * K) };

function figures(name: string, texts: object, options: object = {}, mask?: readonly number[]) {
  const definition = objectiveNamed(name);
  const constants = mask && { mask: bool([B, mask.length / B], mask.map(Boolean)) };
  const objective = { definition, options: resolveOptions(definition, { ...options }) };
  return batchFigures(objective, { texts, constants: constants ?? {} });
}

/** Vectors that are all the same tell nothing. */
const equal = (...shape: number[]): Numbers => [
  shape,
  Array.from({ length: shape.reduce((x, y) => x * y) }, () => 1),
];
const given: Given = {
  anchors: equal(B, D),
  positives: equal(B, D),
  negatives: equal(B, K, D),
};

describe("the level of chance", () => {
  it.each([
    ["infonce", {}],
    ["infonce", { symmetric: true }],
    ["infonce", { directions: "all" }],
    ["infonce", { directions: "all", partition: "per-text" }],
    ["infonce", { inBatch: false }],
    ["infonce", { dims: [3, 2], weights: [1, 0.5] }],
    ["infonce", { dims: [3, 2] }],
    ["dcl", {}],
    ["dcl", { directions: "qd+dq" }],
    ["nt-xent", {}],
  ])("of %s with %o is the loss of equal vectors", async (name, options) => {
    const { loss } = await evaluate(name, given, options);
    expect(figures(name, pairs, options).chance).toBeCloseTo(loss, 6);
  });

  it("of supcon is that of all other texts of the batch", async () => {
    const labels: Numbers = [[6], [0, 0, 1, 1, 2, 2]];
    const { loss } = await evaluate("supcon", { embeddings: equal(6, D), labels });
    expect(figures("supcon", { embeddings: numbers(6) }).chance).toBeCloseTo(loss, 6);
  });

  it("of softmax is that of its weights before the first update", async () => {
    const sentences = { sentence1: equal(B, D), sentence2: random([B, D], 3) };
    const labels: Numbers = [[B], [0, 1, 2, 0]];
    const weight: Numbers = [[3, 3 * D], Array(9 * D).fill(0)];
    const { loss } = await evaluate("softmax", { ...sentences, labels, weight });
    const texts = { sentence1: numbers(B), sentence2: numbers(B) };
    expect(figures("softmax", texts).chance).toBeCloseTo(loss, 6);
  });

  it("is absent where an objective has none", () => {
    const sentences = { sentence1: numbers(B), sentence2: numbers(B) };
    expect(figures("cosent", sentences).chance).toBeUndefined();
  });
});

describe("the share of false negatives", () => {
  it("leaves out what only fills up missing negatives", () => {
    const two = { anchors: numbers(B), positives: numbers(B) };
    const mask = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    expect(figures("infonce", two, {}, mask).masked).toBeCloseTo(2 / 12);
    const wide = [0, 1, 2, 3].flatMap((i) => [...mask.slice(4 * i, 4 * i + 4), 1]);
    expect(figures("infonce", two, {}, wide).masked).toBeCloseTo(2 / 12);
    expect(figures("infonce", two).masked).toBeUndefined();
  });
});
