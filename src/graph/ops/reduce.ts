import { int64 } from "../../math/tensor.js";
import type { GraphBuilder } from "../builder.js";
import { int, type Value } from "../ir.js";

/** Over which axes to reduce (default all; negative counts from the end) and whether they stay as 1. */
export interface ReduceOptions {
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

function reduce(b: GraphBuilder, op: string, x: Value, options: ReduceOptions): Value {
  const axes = options.axes;
  if (axes !== undefined && axes.length === 0) return x;
  const inputs = axes === undefined ? [x] : [x, b.constant(int64([axes.length], axes))];
  return b.op(op, inputs, { attributes: { keepdims: int(options.keepDims ? 1 : 0) } });
}

/** Σ over the axes. */
export function reduceSum(b: GraphBuilder, x: Value, options: ReduceOptions = {}): Value {
  return reduce(b, "ReduceSum", x, options);
}

/** Mean over the axes. */
export function reduceMean(b: GraphBuilder, x: Value, options: ReduceOptions = {}): Value {
  return reduce(b, "ReduceMean", x, options);
}

/** Maximum over the axes. */
export function reduceMax(b: GraphBuilder, x: Value, options: ReduceOptions = {}): Value {
  return reduce(b, "ReduceMax", x, options);
}

/** Minimum over the axes. */
export function reduceMin(b: GraphBuilder, x: Value, options: ReduceOptions = {}): Value {
  return reduce(b, "ReduceMin", x, options);
}

/** e^x / Σ e^x along the axis. */
export function softmax(b: GraphBuilder, x: Value, axis = -1): Value {
  return b.op("Softmax", [x], { attributes: { axis: int(axis) } });
}

/** x − log Σ e^x along the axis. */
export function logSoftmax(b: GraphBuilder, x: Value, axis = -1): Value {
  return b.op("LogSoftmax", [x], { attributes: { axis: int(axis) } });
}

/** Index (int64) of the first maximum along the axis, which stays as 1 only with `keepDims`. */
export function argMax(b: GraphBuilder, x: Value, axis: number, keepDims = false): Value {
  return b.op("ArgMax", [x], { attributes: { axis: int(axis), keepdims: int(keepDims ? 1 : 0) } });
}

/** Index (int64) of the first minimum along the axis, which stays as 1 only with `keepDims`. */
export function argMin(b: GraphBuilder, x: Value, axis: number, keepDims = false): Value {
  return b.op("ArgMin", [x], { attributes: { axis: int(axis), keepdims: int(keepDims ? 1 : 0) } });
}

/**
 * The k largest of each row of the last axis and their places, falling unless `sorted` is false. k may be computed when the graph runs (int64 [1]).
 */
export function topK(
  b: GraphBuilder,
  x: Value,
  k: number | Value,
  { sorted = true }: { readonly sorted?: boolean } = {},
): { values: Value; indices: Value } {
  const count = typeof k === "number" ? b.constant(int64([1], [k])) : k;
  const attributes = sorted ? {} : { sorted: int(0) };
  const [values, indices] = b.multi("TopK", [x, count], { outputs: 2, attributes });
  return { values: values, indices: indices };
}

/** Running sum along the axis, x included. */
export function cumSum(b: GraphBuilder, x: Value, axis: number): Value {
  return b.op("CumSum", [x, b.constant(int64([], [axis]))]);
}
