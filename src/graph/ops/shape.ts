import { int64 } from "../../math/tensor.js";
import type { GraphBuilder } from "../builder.js";
import { int, ints, type Shape, type Value } from "../ir.js";

/** A shape argument: whole numbers, or an int64 vector that is computed when the graph runs. */
export type ShapeArgument = readonly number[] | Value;

/** The int64 vector constant of these whole numbers. */
export function vector(b: GraphBuilder, values: readonly number[]): Value {
  return b.constant(int64([values.length], values));
}

function shapeValue(b: GraphBuilder, shape: ShapeArgument): Value {
  return "name" in shape ? shape : vector(b, shape);
}

/** Replaces the inferred shape by what the caller knows. */
function withShape(b: GraphBuilder, value: Value, shape: Shape | undefined): Value {
  if (shape === undefined) return value;
  b.graph.types.set(value.name, { dtype: value.dtype, shape });
  return { ...value, shape };
}

/** The shape of x as an int64 vector [rank]. */
export function shapeOf(b: GraphBuilder, x: Value): Value {
  return b.op("Shape", [x]);
}

/** The size of one dimension (negative counts from the end) as an int64 scalar. */
export function dimOf(b: GraphBuilder, x: Value, axis: number): Value {
  const index = axis < 0 ? axis + x.shape.length : axis;
  const dim = x.shape[index];
  if (typeof dim === "number") return b.constant(int64([], [dim]));
  const one = b.op("Shape", [x], { attributes: { start: int(index), end: int(index + 1) } });
  return squeeze(b, one, [0]);
}

/**
 * x in another shape; 0 keeps a dimension, −1 stands for the rest. `resulting` names the dimensions where
 * inference cannot.
 */
export function reshape(b: GraphBuilder, x: Value, shape: ShapeArgument, resulting?: Shape): Value {
  return withShape(b, b.op("Reshape", [x, shapeValue(b, shape)]), resulting);
}

/**
 * x broadcast to the shape (two-way, as ONNX's Expand: a 1 in `shape` keeps x's dimension). `resulting` names
 * the dimensions where inference cannot.
 */
export function expand(b: GraphBuilder, x: Value, shape: ShapeArgument, resulting?: Shape): Value {
  return withShape(b, b.op("Expand", [x, shapeValue(b, shape)]), resulting);
}

/** x broadcast to the shape of `like`. */
export function expandLike(b: GraphBuilder, x: Value, like: Value): Value {
  return expand(b, x, shapeOf(b, like));
}

/** The axes in the order of `perm`; without it, reversed. */
export function transpose(b: GraphBuilder, x: Value, perm?: readonly number[]): Value {
  const order = perm ?? x.shape.map((_, i) => x.shape.length - 1 - i);
  return b.op("Transpose", [x], { attributes: { perm: ints(order) } });
}

/** The values one after the other along the axis. */
export function concat(b: GraphBuilder, values: readonly Value[], axis: number): Value {
  return b.op("Concat", values, { attributes: { axis: int(axis) } });
}

/** x cut along the axis into parts of the given sizes. */
export function split(b: GraphBuilder, x: Value, sizes: readonly number[], axis: number): Value[] {
  return b.multi("Split", [x, vector(b, sizes)], {
    attributes: { axis: int(axis) },
    outputs: sizes.length,
  });
}

/** One range along an axis: from `start` to before `end`, every `step`-th; each a number or an int64 value [1]. */
export interface SliceRange {
  readonly axis: number;
  readonly start?: number | Value;
  readonly end?: number | Value;
  readonly step?: number;
}

/** End of a slice that runs to the end of its axis. */
const TO_THE_END = 2 ** 31 - 1;

/** x[…, start:end:step, …] along one axis; negative bounds count from the end. */
export function slice(b: GraphBuilder, x: Value, range: SliceRange): Value {
  const bound = (v: number | Value): Value => (typeof v === "number" ? vector(b, [v]) : v);
  const step = range.step === undefined ? [] : [vector(b, [range.step])];
  const ends = bound(range.end ?? TO_THE_END);
  return b.op("Slice", [x, bound(range.start ?? 0), ends, vector(b, [range.axis]), ...step]);
}

/** x with a dimension of 1 at each of the axes (of the result). */
export function unsqueeze(b: GraphBuilder, x: Value, axes: readonly number[]): Value {
  return b.op("Unsqueeze", [x, vector(b, axes)]);
}

/** x without these axes, each of size 1. */
export function squeeze(b: GraphBuilder, x: Value, axes: readonly number[]): Value {
  return b.op("Squeeze", [x, vector(b, axes)]);
}

/** x repeated along each axis. */
export function tile(b: GraphBuilder, x: Value, repeats: ShapeArgument): Value {
  return b.op("Tile", [x, shapeValue(b, repeats)]);
}
