import type { GraphBuilder } from "../graph/builder.js";
import { productOf } from "../graph/dimension.js";
import { type Dim, int, type Shape, type Value } from "../graph/ir.js";
import {
  concat,
  div,
  expand,
  matmul,
  reduceSum,
  reshape,
  scalarLike,
  shapeOf,
  vector,
} from "../graph/ops/index.js";
import { sizeOf } from "../math/tensor.js";
import { interleave, isStatic, knownShape, reshapeLike, sameShape, shapeVector } from "./shapes.js";

/** Rows of ones [1, R] that were already made, by R and type. */
export type Ones = Map<string, Value>;

/**
 * The gradient of x from that of x broadcast to a larger shape: its sum over the axes that were broadcast.
 * Sums over leading axes are taken as ones[1, R] · g, several times as fast as ReduceSum. Where the names of
 * dimensions do not tell whether an axis was broadcast (`B` against 4), the shapes are compared when the graph runs.
 */
export function unbroadcast(
  b: GraphBuilder,
  gradient: Value,
  at: { readonly x: Value; readonly ones: Ones },
): Value {
  const { x, ones } = at;
  if (sameShape(gradient.shape, x.shape)) return gradient;
  const axes = summedAxes(gradient.shape, x.shape);
  if (axes === undefined) return sumByShape(b, gradient, x);
  if (axes.length === 0) return knownShape(b, gradient, x.shape);
  const kept = gradient.shape.slice(axes.length);
  const isColumnSum = axes.every((axis, i) => axis === i) && isStatic(kept) && sizeOf(kept) > 1;
  const sum = isColumnSum
    ? trailingSum(b, gradient, { kept, ones })
    : reduceSum(b, gradient, { axes, keepDims: true });
  return reshapeLike(b, sum, x);
}

/** Axes of the gradient along which x was broadcast; undefined when the names of dimensions do not tell. */
function summedAxes(gradient: Shape, x: Shape): number[] | undefined {
  const lead = gradient.length - x.length;
  const own = (i: number): Dim => (i < lead ? 1 : x[i - lead]);
  const axes = gradient.flatMap((dim, i) => (i < lead || (own(i) === 1 && dim !== 1) ? [i] : []));
  const undecided = gradient.some((dim, i) => typeof own(i) === "string" && own(i) !== dim);
  return undecided ? undefined : axes;
}

/** The sum of all elements that share the trailing dimensions `kept`, N in all, as [1, N]. */
function trailingSum(
  b: GraphBuilder,
  g: Value,
  at: { readonly kept: readonly number[]; readonly ones: Ones },
): Value {
  const columns = sizeOf(at.kept);
  const rows = productOf(g.shape.slice(0, g.shape.length - at.kept.length));
  return columnSum(b, reshapeTo(b, g, [rows, columns]), at.ones);
}

/** [R, N] → [1, N] as a product with a row of ones. */
export function columnSum(b: GraphBuilder, matrix: Value, ones: Ones): Value {
  return matmul(b, rowOfOnes(b, matrix, ones), matrix);
}

function reshapeTo(b: GraphBuilder, x: Value, shape: readonly [Dim, number]): Value {
  return sameShape(x.shape, shape) ? x : reshape(b, x, [-1, shape[1]], shape);
}

/** Ones [1, R] for a matrix [R, N]. */
function rowOfOnes(b: GraphBuilder, matrix: Value, ones: Ones): Value {
  const rows = matrix.shape[0];
  const key = `${matrix.dtype}:${rows}`;
  const known = ones.get(key);
  if (known !== undefined) return known;
  const first = { attributes: { start: int(0), end: int(1) } };
  const length = typeof rows === "number" ? vector(b, [rows]) : b.op("Shape", [matrix], first);
  const shape = concat(b, [vector(b, [1]), length], 0);
  const row = expand(b, scalarLike(b, 1, matrix), shape, [1, rows]);
  ones.set(key, row);
  return row;
}

/**
 * The sum decided when the graph runs: an axis of n elements of which x has t (n or 1) is taken as [t, n/t] and
 * summed over the second part.
 */
function sumByShape(b: GraphBuilder, g: Value, x: Value): Value {
  const lead = g.shape.length - x.shape.length;
  const own = concat(b, [vector(b, Array(lead).fill(1)), shapeVector(b, x)], 0);
  const apart = reshape(b, g, interleave(b, own, div(b, shapeOf(b, g), own)));
  const sum = reduceSum(b, apart, { axes: g.shape.map((_, i) => 2 * i + 1) });
  return reshapeLike(b, sum, x);
}
