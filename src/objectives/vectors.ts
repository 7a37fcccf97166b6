import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { Distance, Similarity } from "./common-options.js";

/** Added under the root of a Euclidean distance, so that its gradient stays finite between equal vectors. */
const DISTANCE_EPSILON = 1e-12;

/** The vectors divided by their norm when the objective normalises, else as they are. */
export function unitIf(b: GraphBuilder, normalize: boolean, x: Value): Value {
  return normalize ? ops.l2Normalize(b, x) : x;
}

/** cos(u, v) or u·v over the last axis; the leading axes broadcast. */
export function rowSimilarity(b: GraphBuilder, kind: Similarity, u: Value, v: Value): Value {
  if (kind === "dot") return ops.rowDot(b, u, v);
  return ops.rowDot(b, ops.l2Normalize(b, u), ops.l2Normalize(b, v));
}

/** Similarity of every row of x [B,D] with every row of y [N,D]: [B,N]. */
export function similarityMatrix(b: GraphBuilder, kind: Similarity, x: Value, y: Value): Value {
  return kind === "dot" ? ops.dotMatrix(b, x, y) : ops.cosineMatrix(b, x, y);
}

/** ‖u − v‖² over the last axis, summed from differences: exact where the vectors coincide. */
export function squaredDistance(b: GraphBuilder, u: Value, v: Value): Value {
  return ops.reduceSum(b, ops.square(b, ops.sub(b, u, v)), { axes: [-1] });
}

/** √(d² + 1e-12). */
export function rootOfSquared(b: GraphBuilder, squared: Value): Value {
  return ops.sqrt(b, ops.add(b, squared, ops.scalarLike(b, DISTANCE_EPSILON, squared)));
}

/** D(u, v) over the last axis; the leading axes broadcast. */
export function rowDistance(b: GraphBuilder, kind: Distance, u: Value, v: Value): Value {
  if (kind === "cosine") return oneMinus(b, rowSimilarity(b, "cosine", u, v));
  const squared = squaredDistance(b, u, v);
  return kind === "euclidean" ? rootOfSquared(b, squared) : squared;
}

/**
 * D of every two rows of x [B,D]: [B,B]. Euclidean distances are summed from differences, which takes B·B·D numbers:
 * ‖u‖² + ‖v‖² − 2u·v would lose equal vectors in rounding.
 */
export function distanceMatrix(b: GraphBuilder, kind: Distance, x: Value): Value {
  if (kind === "cosine") return oneMinus(b, ops.cosineMatrix(b, x, x));
  return rowDistance(b, kind, ops.unsqueeze(b, x, [1]), ops.unsqueeze(b, x, [0]));
}

/** 1 − x. */
export function oneMinus(b: GraphBuilder, x: Value): Value {
  return ops.sub(b, ops.scalarLike(b, 1, x), x);
}

/** max(0, margin − d). */
export function hinge(b: GraphBuilder, margin: number, d: Value): Value {
  return ops.relu(b, ops.sub(b, ops.scalarLike(b, margin, d), d));
}
