import { type DType, int64, type Tensor } from "../../math/tensor.js";
import { elementType } from "../../onnx/element-type.js";
import type { GraphBuilder } from "../builder.js";
import { int, string, type Value } from "../ir.js";
import { type NumberType, numbers } from "./arithmetic.js";

/** Whole slices of x along the axis, chosen by int64 indices: rank(x) + rank(indices) − 1. */
export function gather(b: GraphBuilder, x: Value, indices: Value, axis = 0): Value {
  return b.op("Gather", [x, indices], { attributes: { axis: int(axis) } });
}

/** out[i][j] = x[indices[i][j]][j] for axis 0, and so on: the shape of `indices`. */
export function gatherElements(b: GraphBuilder, x: Value, indices: Value, axis: number): Value {
  return b.op("GatherElements", [x, indices], { attributes: { axis: int(axis) } });
}

/** x at index tuples [..., k]: the last axis of `indices` addresses the first k axes of x. */
export function gatherND(b: GraphBuilder, x: Value, indices: Value): Value {
  return b.op("GatherND", [x, indices]);
}

/** How `scatterElements` and `scatterND` write: in place of what is there, or added to it. */
export interface ScatterOptions {
  readonly axis?: number;
  readonly reduction?: "none" | "add";
}

/** x with out[indices[i][j]][j] = updates[i][j] (or +=) for axis 0, and so on. */
export function scatterElements(
  b: GraphBuilder,
  x: Value,
  update: { readonly indices: Value; readonly updates: Value },
  options: ScatterOptions = {},
): Value {
  return b.op("ScatterElements", [x, update.indices, update.updates], {
    attributes: { axis: int(options.axis ?? 0), reduction: string(options.reduction ?? "none") },
  });
}

/**
 * x with slices replaced (or added to) at index tuples [..., k]. The tuples must differ: ONNX Runtime writes in
 * parallel without locks, so that sums are lost where one repeats; `scatterElements` adds in order.
 */
export function scatterND(
  b: GraphBuilder,
  x: Value,
  update: { readonly indices: Value; readonly updates: Value },
  options: ScatterOptions = {},
): Value {
  return b.op("ScatterND", [x, update.indices, update.updates], {
    attributes: { reduction: string(options.reduction ?? "none") },
  });
}

/** 0, 1, …, n − 1 as int64, n an int64 scalar. */
export function range(b: GraphBuilder, n: Value): Value {
  const zero = b.constant(int64([], [0]));
  return b.op("Range", [zero, n, b.constant(int64([], [1]))]);
}

/** Ones on the diagonal of a matrix of the shape of `like`, zeros elsewhere. */
export function eyeLike(b: GraphBuilder, like: Value, dtype: DType = like.dtype): Value {
  return b.op("EyeLike", [like], { attributes: { dtype: int(elementType(dtype)) } });
}

/** x with what lies below the k-th diagonal (`upper`) or above it set to zero. */
export function trilu(b: GraphBuilder, x: Value, upper: boolean, k = 0): Value {
  const diagonal = b.constant(int64([], [k]));
  return b.op("Trilu", [x, diagonal], { attributes: { upper: int(upper ? 1 : 0) } });
}

/** A tensor of the given run-time shape (int64 vector), filled with one number. */
export function full(b: GraphBuilder, shape: Value, fill: number, dtype: NumberType): Value {
  const value: Tensor = numbers(dtype, [1], [fill]);
  return b.op("ConstantOfShape", [shape], { attributes: { value: { kind: "tensor", value } } });
}
