import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { distance, margin, normalize } from "./common-options.js";
import type { LabelledPairInputs } from "./contrastive.js";
import { defineObjective } from "./definition.js";
import { anyOver, keepOnly, meanOver, REMOVED, removeOthers } from "./masking.js";
import { labelledPairForm } from "./pair-forms.js";
import { hinge, rowDistance, unitIf } from "./vectors.js";

const onlineContrastiveOptions = {
  distance: distance("cosine"),
  normalize: normalize(false),
  margin: margin(0.5),
};

/**
 * Σ over hard positives of D² + Σ over hard negatives of max(0, m − D)². Hard are negatives with D below the largest
 * positive D and positives with D above the smallest negative D; without positives negatives below their mean D,
 * without negatives positives above theirs. The selection carries no gradient. (sentence-transformers'
 * OnlineContrastiveLoss.)
 */
function onlineContrastiveLoss(
  b: GraphBuilder,
  inputs: LabelledPairInputs,
  { distance, normalize, margin }: OptionsOf<typeof onlineContrastiveOptions>,
): Value {
  const u = unitIf(b, normalize, inputs.sentence1);
  const d = rowDistance(b, distance, u, unitIf(b, normalize, inputs.sentence2));
  const { positives, negatives } = hardPairs(b, ops.cast(b, inputs.labels, "bool"), d);
  const pulled = ops.reduceSum(b, keepOnly(b, ops.square(b, d), positives));
  const pushed = ops.reduceSum(b, keepOnly(b, ops.square(b, hinge(b, margin, d)), negatives));
  return ops.add(b, pulled, pushed);
}

/** Which pairs are hard positives and which hard negatives: bool [B]. */
function hardPairs(b: GraphBuilder, together: Value, distances: Value) {
  const d = ops.stopGradient(b, distances);
  const apart = ops.not(b, together);
  const farthest = ops.reduceMax(b, removeOthers(b, d, together));
  const nearest = ops.reduceMin(b, ops.where(b, apart, d, ops.scalarLike(b, -REMOVED, d)));
  const above = ops.where(b, anyOver(b, apart), nearest, meanOver(b, d, together));
  const below = ops.where(b, anyOver(b, together), farthest, meanOver(b, d, apart));
  return {
    positives: ops.and(b, together, ops.greater(b, d, above)),
    negatives: ops.and(b, apart, ops.less(b, d, below)),
  };
}

export const onlineContrastive = defineObjective({
  name: "online-contrastive",
  title: "Online contrastive",
  summary: "contrastive on the hard pairs of the batch only",
  rows: ["labelled-pair"],
  forms: [labelledPairForm],
  options: onlineContrastiveOptions,
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "Σ_{hard positives} D² + Σ_{hard negatives} max(0, m − D)²\nhard positives: D > min negative D;  hard negatives: D < max positive D\n(no positives: below the mean negative D; no negatives: above the mean positive D)",
    papers: [
      {
        authors: "sentence-transformers",
        year: 2020,
        title: "OnlineContrastiveLoss",
        place: "the library's definition",
      },
    ],
    picture:
      "D:  p p n p │ n n p n        only what stands on the wrong side is moved\n        └──── overlap ────┘",
    when: "Labelled pairs of which most are soon easy: duplicate questions.",
    relations:
      "contrastive summed over the pairs that are out of order in the batch. The loss is a sum, so it grows with the batch.",
    evidence:
      "No paper. sentence-transformers' documentation says that it often does better than contrastive.",
  },
  build: onlineContrastiveLoss,
});
