import type { GraphBuilder } from "../graph/builder.js";
import { productOf } from "../graph/dimension.js";
import { int, type Shape, type Value } from "../graph/ir.js";
import {
  concat,
  expand,
  full,
  type NumberType,
  reshape,
  shapeOf,
  unsqueeze,
  vector,
} from "../graph/ops/index.js";

/** Whether every dimension is a number. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/** Whether the two shapes are known to be equal: the same numbers and the same names. */
export function sameShape(x: Shape, y: Shape): boolean {
  return x.length === y.length && x.every((dim, i) => dim === y[i]);
}

/** The axis counted from the front. */
export function fromFront(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** The value with the shape that the caller knows it to have, in place of the inferred one. */
export function knownShape(b: GraphBuilder, x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  b.graph.types.set(x.name, { dtype: x.dtype, shape });
  return { ...x, shape };
}

/** The shape of x as an int64 vector: a constant where it is known, else read when the graph runs. */
export function shapeVector(b: GraphBuilder, x: Value): Value {
  return isStatic(x.shape) ? vector(b, x.shape) : shapeOf(b, x);
}

/** x in the shape of `like`, which has as many elements; x itself when it has that shape already. */
export function reshapeLike(b: GraphBuilder, x: Value, like: Value): Value {
  if (sameShape(x.shape, like.shape)) return x;
  return reshape(b, x, withOneOpen(like.shape) ?? shapeOf(b, like), like.shape);
}

/** The shape with its only unknown dimension as −1; undefined when two or more are unknown. */
function withOneOpen(shape: Shape): number[] | undefined {
  const dims = shape.map((dim) => (typeof dim === "number" ? dim : -1));
  return dims.filter((dim) => dim === -1).length <= 1 ? dims : undefined;
}

/** x broadcast to the shape of `like`; x itself when it has that shape already. */
export function broadcastLike(b: GraphBuilder, x: Value, like: Value): Value {
  if (sameShape(x.shape, like.shape)) return x;
  return expand(b, x, shapeVector(b, like), like.shape);
}

/** Zeros in the type and shape of `like`. */
export function zerosLike(b: GraphBuilder, like: Value): Value {
  const zeros = full(b, shapeVector(b, like), 0, like.dtype as NumberType);
  return knownShape(b, zeros, like.shape);
}

/** […, N] → [R, N], R the product of the leading dimensions (1 for a vector); a matrix stays as it is. */
export function flattenRows(b: GraphBuilder, x: Value): Value {
  if (x.shape.length === 2) return x;
  const last = x.shape.at(-1)!;
  const rows = productOf(x.shape.slice(0, -1));
  if (typeof last === "number") return reshape(b, x, [-1, last], [rows, last]);
  return b.op("Flatten", [x], { attributes: { axis: int(x.shape.length - 1) } });
}

/** x as a vector of all its elements. */
export function flatten(b: GraphBuilder, x: Value): Value {
  return x.shape.length === 1 ? x : reshape(b, x, [-1], [productOf(x.shape)]);
}

/** u₀, v₀, u₁, v₁, … of two int64 vectors of equal length. */
export function interleave(b: GraphBuilder, u: Value, v: Value): Value {
  const columns = [u, v].map((vector) => unsqueeze(b, vector, [1]));
  return reshape(b, concat(b, columns, 1), [-1]);
}
