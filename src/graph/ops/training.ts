import type { GraphBuilder } from "../builder.js";
import { float, int, string, type Value } from "../ir.js";

/**
 * y = f(x) elementwise, with its derivative given: the value is y, the gradient of x is g ⊙ slope, and nothing flows into
 * what y and slope were computed from. So a function can keep what its backward pass needs. Written as Identity of y.
 */
export function withSlope(b: GraphBuilder, y: Value, at: { x: Value; slope: Value }): Value {
  return b.op("WithSlope", [y, at.x, at.slope], { domain: "embtune" });
}

/** Which rows `gatherRows` chooses. */
export interface RowChoice {
  /** [M], or of more axes: the row of x at each place. */
  readonly indices: Value;
  /** [N]: the place to which each row of x went, M where it went nowhere. */
  readonly inverse: Value;
  /** Every row of x goes somewhere, so `inverse` holds no M. */
  readonly all?: boolean;
}

/**
 * Rows of x [N, …] chosen by indices (int64), where no row is chosen twice as far as the loss depends on the result. So the
 * gradient is a gather too: of ∂y, with a row of zeros behind it, at the inverse. Written as Gather.
 */
export function gatherRows(b: GraphBuilder, x: Value, by: RowChoice): Value {
  const attributes = { all: int(by.all ? 1 : 0) };
  return b.op("GatherRows", [x, by.indices, by.inverse], { domain: "embtune", attributes });
}

/**
 * A place where x is dropped out with this probability in training. It stays a mark in the graph, written as Identity,
 * until `dropoutMasks` (graph/rewrites) turns it into a product with a mask.
 */
export function dropout(
  b: GraphBuilder,
  x: Value,
  at: { readonly site: string; readonly rate: number },
): Value {
  const attributes = { site: string(at.site), rate: float(at.rate) };
  return b.op("Dropout", [x], { domain: "embtune", attributes });
}
