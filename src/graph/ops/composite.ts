import type { GraphBuilder } from "../builder.js";
import type { Value } from "../ir.js";
import {
  abs,
  add,
  div,
  erf,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  relu,
  scalarLike,
  sqrt,
  sub,
} from "./arithmetic.js";
import { matmul } from "./linear.js";
import { stopGradient } from "./logic.js";
import { reduceMax, reduceSum } from "./reduce.js";
import { squeeze, transpose } from "./shape.js";

/** Added under the root of every norm, so that its gradient stays finite at zero. */
const NORM_EPSILON = 1e-12;

/** The lowest maximum that `logSumExp` subtracts: keeps −∞ − −∞ = NaN out of rows that are −∞ throughout. */
const LOWEST_MAXIMUM = -1e30;

/**
 * log Σ e^x along the axis, stable: m + log Σ e^(x−m) with m = max x. The subtracted maximum carries no
 * gradient (its two contributions cancel), so the gradient is softmax(x). A row of −∞ gives −∞.
 */
export function logSumExp(b: GraphBuilder, x: Value, axis: number, keepDims = false): Value {
  const largest = reduceMax(b, x, { axes: [axis], keepDims: true });
  const m = stopGradient(b, maximum(b, largest, scalarLike(b, LOWEST_MAXIMUM, x)));
  const sum = reduceSum(b, exp(b, sub(b, x, m)), { axes: [axis], keepDims: true });
  const result = add(b, log(b, sum), m);
  return keepDims ? result : squeeze(b, result, [axis]);
}

/** log(e^x + e^y) elementwise, stable: max(x, y) + log(1 + e^−|x−y|). */
export function logAddExp(b: GraphBuilder, x: Value, y: Value): Value {
  return add(b, y, softplus(b, sub(b, x, y)));
}

/** log(1 + e^−|x|), the part that log σ and softplus share. */
function log1pExpNegAbs(b: GraphBuilder, x: Value): Value {
  return log(b, add(b, exp(b, neg(b, abs(b, x))), scalarLike(b, 1, x)));
}

/** log σ(x) = min(x, 0) − log(1 + e^−|x|): neither overflows nor loses the tail. */
export function logSigmoid(b: GraphBuilder, x: Value): Value {
  return sub(b, minimum(b, x, scalarLike(b, 0, x)), log1pExpNegAbs(b, x));
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^−|x|). */
export function softplus(b: GraphBuilder, x: Value): Value {
  return add(b, relu(b, x), log1pExpNegAbs(b, x));
}

/** x². */
export function square(b: GraphBuilder, x: Value): Value {
  return mul(b, x, x);
}

/** √(Σx² + 1e-12) over the last axis, which stays as 1: […, D] → […, 1]. */
export function l2Norm(b: GraphBuilder, x: Value): Value {
  const sum = reduceSum(b, square(b, x), { axes: [-1], keepDims: true });
  return sqrt(b, add(b, sum, scalarLike(b, NORM_EPSILON, x)));
}

/** x / √(Σx² + 1e-12) over the last axis. */
export function l2Normalize(b: GraphBuilder, x: Value): Value {
  return div(b, x, l2Norm(b, x));
}

/** Σ_d x·y over the last axis: [B,D]·[B,D] → [B]. */
export function rowDot(b: GraphBuilder, x: Value, y: Value): Value {
  return reduceSum(b, mul(b, x, y), { axes: [-1] });
}

/** x · yᵀ: [B,D], [N,D] → [B,N]. */
export function dotMatrix(b: GraphBuilder, x: Value, y: Value): Value {
  return matmul(b, x, transpose(b, y, [1, 0]));
}

/** cos(x_i, y_j): [B,D], [N,D] → [B,N]; each norm is √(Σx² + 1e-12). */
export function cosineMatrix(b: GraphBuilder, x: Value, y: Value): Value {
  return dotMatrix(b, l2Normalize(b, x), l2Normalize(b, y));
}

/**
 * GELU in its exact form, x · ½ (1 + erf(x / √2)) (Hendrycks & Gimpel 2016), of nodes that every operator set has; Gelu itself came with
 * version 20.
 */
export function geluOfErf(b: GraphBuilder, x: Value): Value {
  const cdf = add(b, erf(b, mul(b, x, scalarLike(b, Math.SQRT1_2, x))), scalarLike(b, 1, x));
  return mul(b, mul(b, x, scalarLike(b, 0.5, x)), cdf);
}
