import { describe, expect, it } from "vitest";
import type { GraphBuilder } from "../../src/graph/builder.js";
import type { Value } from "../../src/graph/ir.js";
import * as ops from "../../src/graph/ops/index.js";
import { int64 } from "../../src/math/tensor.js";
import {
  type CheckedFunction,
  compareWithDifferences,
  randomTensor,
} from "../support/gradient-check.js";

const HIDDEN = 4;
const HEADS = 2;
const WIDE = 6;
const [BATCH, TOKENS] = [2, 3];

/** Weights of one layer in the order of its inputs: [in, out] matrices, biases, LayerNorm scales and shifts. */
const SHAPES = {
  query: [HIDDEN, HIDDEN],
  queryBias: [HIDDEN],
  key: [HIDDEN, HIDDEN],
  value: [HIDDEN, HIDDEN],
  output: [HIDDEN, HIDDEN],
  scale1: [HIDDEN],
  shift1: [HIDDEN],
  up: [HIDDEN, WIDE],
  upBias: [WIDE],
  down: [WIDE, HIDDEN],
  scale2: [HIDDEN],
  shift2: [HIDDEN],
} as const;

type Weights = Readonly<Record<keyof typeof SHAPES, Value>>;
type Activation = (b: GraphBuilder, x: Value) => Value;

/** Exact GELU as exporters write it: x · ½(1 + erf(x/√2)). */
const gelu: Activation = (b, x) => {
  const z = ops.div(b, x, ops.scalarLike(b, Math.SQRT2, x));
  const twice = ops.add(b, ops.erf(b, z), ops.scalarLike(b, 1, x));
  return ops.mul(b, ops.mul(b, x, twice), ops.scalarLike(b, 0.5, x));
};

/** GELU by tanh, for which float64 kernels exist. */
const tanhGelu: Activation = (b, x) => {
  const cubic = ops.mul(b, ops.pow(b, x, ops.scalarLike(b, 3, x)), ops.scalarLike(b, 0.044715, x));
  const u = ops.mul(b, ops.add(b, x, cubic), ops.scalarLike(b, Math.sqrt(2 / Math.PI), x));
  const gate = ops.add(b, ops.tanh(b, u), ops.scalarLike(b, 1, x));
  return ops.mul(b, ops.mul(b, x, gate), ops.scalarLike(b, 0.5, x));
};

/** [B, T, H] → [B, heads, T, H/heads]. */
function heads(b: GraphBuilder, x: Value): Value {
  return ops.transpose(b, ops.reshape(b, x, [0, 0, HEADS, HIDDEN / HEADS]), [0, 2, 1, 3]);
}

function attention(b: GraphBuilder, x: Value, at: { weights: Weights; mask: Value }): Value {
  const { weights, mask } = at;
  const query = heads(b, ops.add(b, ops.matmul(b, x, weights.query), weights.queryBias));
  const [key, value] = [weights.key, weights.value].map((w) => heads(b, ops.matmul(b, x, w)));
  const scores = ops.matmul(b, query, ops.transpose(b, key, [0, 1, 3, 2]));
  const hidden = ops.sub(b, ops.scalarLike(b, 1, x), ops.cast(b, mask, x.dtype));
  const bias = ops.unsqueeze(b, ops.mul(b, hidden, ops.scalarLike(b, -1e4, x)), [1, 2]);
  const shares = ops.softmax(b, ops.add(b, scores, bias));
  const mixed = ops.transpose(b, ops.matmul(b, shares, value), [0, 2, 1, 3]);
  return ops.matmul(b, ops.reshape(b, mixed, ops.shapeOf(b, x)), weights.output);
}

const layer =
  (activation: Activation) =>
  (b: GraphBuilder, x: Value, mask: Value, ...values: Value[]): Value => {
    const names = Object.keys(SHAPES);
    const weights = Object.fromEntries(names.map((name, i) => [name, values[i]])) as Weights;
    const attended = ops.add(b, x, attention(b, x, { weights, mask }));
    const normed = ops.layerNormalization(b, attended, {
      scale: weights.scale1,
      bias: weights.shift1,
      epsilon: 0.1,
    });
    const wide = activation(b, ops.add(b, ops.matmul(b, normed, weights.up), weights.upBias));
    const result = ops.add(b, normed, ops.matmul(b, wide, weights.down));
    const norm = { scale: weights.scale2, bias: weights.shift2, epsilon: 0.1 };
    return ops.layerNormalization(b, result, norm);
  };

function checkedLayer(dtype: "float32" | "float64", activation: Activation): CheckedFunction {
  const x = { tensor: randomTensor([BATCH, TOKENS, HIDDEN], { dtype }), shape: ["B", "T", HIDDEN] };
  const mask = { tensor: int64([BATCH, TOKENS], [1, 1, 0, 1, 1, 1]), shape: ["B", "T"] };
  const weights = Object.values(SHAPES).map((shape, i) => ({
    tensor: randomTensor(shape, { dtype, seed: i + 2 }),
  }));
  return {
    inputs: [x, mask, ...weights],
    build: layer(activation),
  };
}

async function largestDifference(f: CheckedFunction, h: number): Promise<number> {
  const comparisons = await compareWithDifferences(f, h);
  expect(comparisons.length).toBe(Object.keys(SHAPES).length + 1);
  const errors = comparisons.flatMap(({ gradient, differences }) =>
    differences.map((d, i) => Math.abs(gradient[i] - d) / Math.max(1, Math.abs(d))),
  );
  return Math.max(...errors);
}

describe("a transformer layer with masked attention, LayerNorm and GELU", () => {
  it("in float64 with GELU by tanh: every gradient equals the differences to 1e-6", async () => {
    expect(await largestDifference(checkedLayer("float64", tanhGelu), 1e-5)).toBeLessThan(1e-6);
  });

  it("in float32 with GELU by erf: every gradient equals the differences to 1e-3", async () => {
    expect(await largestDifference(checkedLayer("float32", gelu), 1e-2)).toBeLessThan(1e-3);
  });
});
