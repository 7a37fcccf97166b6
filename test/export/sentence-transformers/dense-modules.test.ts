import { describe, expect, it } from "vitest";
import { HEAD_NAMES, headParameters, headSpec } from "../../../src/encoder/head.js";
import { type Dense, denseStack } from "../../../src/export/sentence-transformers/dense-modules.js";
import { createRandom } from "../../../src/math/random.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";

const random = createRandom(3);
const numbers = (size: number): number[] => Array.from({ length: size }, () => random.normal());

/** erf by its series, to 1e-15 for |x| < 5. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const gelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;

function product(weight: Tensor, x: readonly number[]): number[] {
  const [rows = 0, cols = 0] = weight.shape;
  return Array.from({ length: rows }, (_, i) =>
    x.reduce((sum, value, k) => sum + value * Number(weight.data[i * cols + k]), 0),
  );
}

const added = (y: readonly number[], bias: Tensor | undefined): number[] =>
  y.map((value, i) => value + Number(bias?.data[i] ?? 0));

function apply(stack: readonly Dense[], x: readonly number[]): number[] {
  return stack.reduce<readonly number[]>((y, { weight, bias, activation }) => {
    const z = added(product(weight, y), bias);
    return activation === "gelu" ? z.map(gelu) : z;
  }, x) as number[];
}

describe("denseStack", () => {
  it.each([
    [5, 5, 7],
    [6, 4, 3],
  ])("of an MLP from %i to %i dimensions, %i hidden, computes the head", (input, dim, hidden) => {
    const spec = headSpec(input, { kind: "mlp", dim, hidden });
    const parameters = new Map(
      headParameters(spec).map(({ name, shape }) => [
        name,
        float32(shape, numbers(shape.reduce((a, b) => a * b, 1))),
      ]),
    );
    const value = (name: string): Tensor => parameters.get(name)!;
    const x = numbers(input);
    const inner = added(product(value(HEAD_NAMES.hiddenWeight), x), value(HEAD_NAMES.hiddenBias));
    const branch = added(
      product(value(HEAD_NAMES.outputWeight), inner.map(gelu)),
      value(HEAD_NAMES.outputBias),
    );
    const projection = parameters.get(HEAD_NAMES.projection);
    const direct = projection === undefined ? x : product(projection, x);
    const wanted = branch.map((y, i) => y + direct[i]);
    const stack = denseStack({ spec, parameters });
    expect(stack.map(({ weight }) => weight.shape)).toEqual([
      [hidden + 2 * input, input],
      [dim, hidden + 2 * input],
    ]);
    const got = apply(stack, x);
    expect(Math.max(...got.map((y, i) => Math.abs(y - wanted[i])))).toBeLessThan(1e-12);
  });

  it("of a linear head is one Dense without bias", () => {
    const spec = headSpec(3, { kind: "linear", dim: 2 });
    const weight = float32([2, 3], [1, 2, 3, 4, 5, 6]);
    const stack = denseStack({ spec, parameters: new Map([[HEAD_NAMES.projection, weight]]) });
    expect(stack).toEqual([{ weight, activation: "identity" }]);
  });
});
