import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { candidateVectors, ownPositive } from "./candidates.js";
import { keepOnly } from "./masking.js";

/** Vectors of another model for the same texts. */
export interface GuideVectors {
  readonly anchors: Value;
  readonly positives: Value;
  readonly negatives?: Value | undefined;
  readonly queue?: Value | undefined;
}

/**
 * True where the guide finds candidate j nearer to anchor i than its positive less a margin,
 * cos(ga_i, gc_j) > cos(ga_i, gp_i) − margin: [B,N]. Such a candidate is taken for a false negative
 * (Solatorio 2024, GISTEmbed, absolute margin).
 */
export function guideMask(b: GraphBuilder, guide: GuideVectors, margin: number): Value {
  const cos = ops.cosineMatrix(b, guide.anchors, candidateVectors(b, guide));
  const own = keepOnly(b, cos, ownPositive(b, cos));
  const positive = ops.reduceSum(b, own, { axes: [1], keepDims: true });
  return ops.greater(b, cos, ops.sub(b, positive, ops.scalarLike(b, margin, cos)));
}
