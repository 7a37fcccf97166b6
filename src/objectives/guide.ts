import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { candidateVectors, negativeRows, ownPositive } from "./candidates.js";
import type { GuidedDirections } from "./guided-directions.js";
import { keepOnly } from "./masking.js";

/** Vectors of another model for the same texts. */
export interface GuideVectors {
  readonly anchors: Value;
  readonly positives: Value;
  readonly negatives?: Value | undefined;
  readonly queue?: Value | undefined;
}

/** A difference of cosines, or a share of the positive's own: `5%`. */
type GuideMargin = number | `${string}%`;

/**
 * True where the guide finds candidate j nearer to anchor i than its positive less a margin (`limit`, of `guideLimit`),
 * cos(ga_i, gc_j) > cos(ga_i, gp_i) − margin: [B,N]. Such a candidate is taken for a false negative
 * (Solatorio 2024, GISTEmbed, absolute margin); with a relative margin of 5 % the positive's cosine s less |s|·0.05.
 */
export function guideMask(b: GraphBuilder, guide: GuideVectors, limit: Value): Value {
  const cos = ops.cosineMatrix(b, guide.anchors, candidateVectors(b, guide));
  return ops.greater(b, cos, limit);
}

/** The same test for the other directions. */
export function guidedDirections(
  b: GraphBuilder,
  guide: GuideVectors,
  { limit, base }: { readonly limit: Value; readonly base: Value | undefined },
): GuidedDirections {
  const nearer = (of: Value, candidates: Value): Value =>
    ops.greater(b, ops.cosineMatrix(b, of, candidates), limit);
  const { anchors, positives, negatives } = guide;
  return {
    base,
    anchorsOfPositives: nearer(positives, anchors),
    anchorsOfAnchors: nearer(anchors, anchors),
    positivesOfPositives: nearer(positives, positives),
    negativesOfPositives:
      negatives === undefined ? undefined : nearer(positives, negativeRows(b, negatives)),
  };
}

/** What both masks compare with: s_i = cos(ga_i, gp_i), less the margin m or |s_i|·p, as a column [B,1]. */
export function guideLimit(
  b: GraphBuilder,
  { anchors, positives }: GuideVectors,
  margin: GuideMargin,
): Value {
  const cos = ops.cosineMatrix(b, anchors, positives);
  const own = keepOnly(b, cos, ownPositive(b, cos));
  const positive = ops.reduceSum(b, own, { axes: [1], keepDims: true });
  if (typeof margin === "number") return ops.sub(b, positive, ops.scalarLike(b, margin, cos));
  const share = ops.scalarLike(b, Number(margin.slice(0, -1)) / 100, cos);
  return ops.sub(b, positive, ops.mul(b, ops.abs(b, positive), share));
}
