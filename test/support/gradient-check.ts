import { type Gradient, valueAndGrad } from "../../src/autodiff/value-and-grad.js";
import { GraphBuilder } from "../../src/graph/builder.js";
import { emptyGraph, type Shape, type Value } from "../../src/graph/ir.js";
import {
  add,
  cast,
  mul,
  type NumberType,
  range,
  reduceSum,
  reshape,
  scalarLike,
  shapeOf,
} from "../../src/graph/ops/index.js";
import { type DType, sizeOf, type Tensor } from "../../src/math/tensor.js";
import { type OpenModel, openGraph } from "./run-graph.js";

/** An input of a checked function: its values, and its shape in the graph where that has names. */
export interface CheckedInput {
  readonly tensor: Tensor;
  readonly shape?: Shape;
}

/** A function y = f(inputs) whose gradients are checked. */
export interface CheckedFunction {
  readonly inputs: readonly CheckedInput[];
  readonly build: (b: GraphBuilder, ...inputs: Value[]) => Value;
}

/** Of one input: the gradient that the graph computes and the central differences. */
export interface Comparison {
  readonly gradient: ArrayLike<number>;
  readonly differences: readonly number[];
}

/** Differentiates Σ y ⊙ w with fixed unequal weights w and compares with (L(x + h) − L(x − h)) / 2h. */
export async function compareWithDifferences(f: CheckedFunction, h: number): Promise<Comparison[]> {
  const b = new GraphBuilder(emptyGraph("check"));
  const values = f.inputs.map(({ tensor, shape }, i) =>
    b.input(`x${i}`, tensor.dtype, shape ?? tensor.shape),
  );
  const loss = weightedSum(b, f.build(b, ...values));
  const wrt = values.filter((value) => value.dtype.startsWith("float")).map((value) => value.name);
  const gradients = valueAndGrad(b.graph, { loss: loss.name, wrt });
  const outputs = [...gradients.values()].map((gradient) => dense(gradient));
  const model = await openGraph(b.graph, [loss.name, ...outputs]);
  try {
    const feeds = Object.fromEntries(f.inputs.map(({ tensor }, i) => [`x${i}`, tensor]));
    const results = await model.run(feeds);
    const comparisons: Comparison[] = [];
    for (const [i, name] of wrt.entries()) {
      const differences = await differencesOf(model, { feeds, loss: loss.name, name, h });
      comparisons.push({ gradient: results[outputs[i]].data as Float64Array, differences });
    }
    return comparisons;
  } finally {
    await model.release();
  }
}

function dense(gradient: Gradient): string {
  if (gradient.kind !== "dense") throw new Error("expected a dense gradient");
  return gradient.name;
}

/** Σ_k y_k (1 + (7k mod 5)) / 3: a scalar in which every element of y has a weight of its own. */
export function weightedSum(b: GraphBuilder, y: Value): Value {
  const k = range(b, b.op("Size", [y]));
  const residue = b.op("Mod", [mul(b, k, scalarLike(b, 7, k)), scalarLike(b, 5, k)]);
  const flat = mul(b, cast(b, add(b, residue, scalarLike(b, 1, k)), y.dtype), third(b, y));
  return reduceSum(b, mul(b, y, reshape(b, flat, shapeOf(b, y))));
}

const third = (b: GraphBuilder, y: Value): Value => scalarLike(b, 1 / 3, y);

/** What to move by h, and what to watch. */
export interface Perturbation {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly loss: string;
  readonly name: string;
  readonly h: number;
  /** Which elements; default all. */
  readonly elements?: readonly number[];
}

/** Central differences of the loss in the elements of one input. */
export async function differencesOf(model: OpenModel, at: Perturbation): Promise<number[]> {
  const tensor = at.feeds[at.name];
  const elements = at.elements ?? Array.from({ length: sizeOf(tensor.shape) }, (_, i) => i);
  const lossAt = async (i: number, h: number): Promise<number> => {
    const data = (tensor.data as Float64Array).slice();
    data[i] += h;
    const results = await model.run({ ...at.feeds, [at.name]: { ...tensor, data } });
    return Number(results[at.loss].data[0]);
  };
  const result: number[] = [];
  for (const i of elements)
    result.push(((await lossAt(i, at.h)) - (await lossAt(i, -at.h))) / (2 * at.h));
  return result;
}

/** Numbers of a plain generator (Lehmer), uniform in [low, high). */
export function numbersBetween(low: number, high: number, count: number, seed = 1): number[] {
  let state = 48271 * seed + 11;
  return Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return low + ((high - low) * state) / 2147483647;
  });
}

/** A tensor of such numbers. */
export function randomTensor(
  shape: readonly number[],
  options: { dtype?: NumberType & DType; low?: number; high?: number; seed?: number } = {},
): Tensor {
  const { dtype = "float64", low = -1, high = 1, seed = 1 } = options;
  const values = numbersBetween(low, high, sizeOf(shape), seed);
  const data = dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
  return { dtype, shape, data };
}
