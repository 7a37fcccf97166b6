import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { type NumberType, numbers } from "../graph/ops/index.js";

/**
 * Stands for −∞ in masked logits: finite, so that a row that is masked throughout gives neither NaN nor an infinite
 * gradient, and below every logit.
 */
export const REMOVED = -1e30;

/** Truth values from a mask of either bool or 0/1 numbers. */
export function truth(b: GraphBuilder, mask: Value): Value {
  return ops.cast(b, mask, "bool");
}

/** x where `kept` (absent: everywhere), else 0. */
export function keepOnly(b: GraphBuilder, x: Value, kept: Value | undefined): Value {
  if (kept === undefined) return x;
  return ops.where(b, kept, x, ops.scalarLike(b, 0, x));
}

/** x where `kept` (absent: everywhere), else the stand-in of −∞. */
export function removeOthers(b: GraphBuilder, x: Value, kept: Value | undefined): Value {
  if (kept === undefined) return x;
  return ops.where(b, kept, x, ops.scalarLike(b, REMOVED, x));
}

/** log Σ e^x over the kept places (absent: all) of the last axis; very negative, not −∞, where none is kept. */
export function logSumExpOver(b: GraphBuilder, x: Value, kept: Value | undefined): Value {
  return ops.logSumExp(b, removeOthers(b, x, kept), -1);
}

/** How many places of the last axis are kept, in the number type of `like`. */
export function countOver(b: GraphBuilder, kept: Value, like: Value): Value {
  return ops.reduceSum(b, ops.cast(b, kept, like.dtype), { axes: [-1] });
}

/** Whether any place of the last axis is kept. */
export function anyOver(b: GraphBuilder, kept: Value): Value {
  const most = ops.reduceMax(b, ops.cast(b, kept, "float32"), { axes: [-1] });
  return ops.cast(b, most, "bool");
}

/** Σ x / max(Σ kept, 1) over everything kept: 0 with zero gradients where nothing is. */
export function meanOver(b: GraphBuilder, x: Value, kept: Value): Value {
  const count = ops.reduceSum(b, ops.cast(b, kept, x.dtype));
  return ops.div(b, ops.reduceSum(b, keepOnly(b, x, kept)), atLeastOne(b, count));
}

/** max(count, 1), for a division that may have nothing to divide. */
export function atLeastOne(b: GraphBuilder, count: Value): Value {
  return ops.maximum(b, count, ops.scalarLike(b, 1, count));
}

/** factor · x. */
export function scaled(b: GraphBuilder, x: Value, factor: number): Value {
  if (factor === 1) return x;
  return ops.mul(b, x, b.constant(numbers(x.dtype as NumberType, [], [factor])));
}

/** 0, 1, …, n − 1 for n rows of x, as a column [B,1]. */
export function rowNumbers(b: GraphBuilder, x: Value): Value {
  return ops.unsqueeze(b, ops.range(b, ops.dimOf(b, x, 0)), [1]);
}
