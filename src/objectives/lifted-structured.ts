import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { type ClassedInputs, classedTexts, classRelations, everyTwo } from "./classes.js";
import { distance, margin, normalize } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { anyOver, logSumExpOver, meanOver, scaled } from "./masking.js";
import { classedForms } from "./pair-forms.js";
import { distanceMatrix, unitIf } from "./vectors.js";

const liftedStructuredOptions = {
  distance: distance("euclidean"),
  normalize: normalize(true),
  margin: margin(1),
};

/**
 * 1/(2|P|) Σ_{(i,j)∈P} max(0, J_ij)²,
 * J_ij = D_ij + log( Σ_{k: y_k≠y_i} e^(α − D_ik) + Σ_{l: y_l≠y_j} e^(α − D_jl) ), P the unordered positive pairs
 * (Oh Song, Xiang, Jegelka & Savarese 2016, equation 4). 0 without a positive pair or without a negative.
 */
function liftedStructuredLoss(
  b: GraphBuilder,
  inputs: ClassedInputs,
  { distance, normalize, margin }: OptionsOf<typeof liftedStructuredOptions>,
): Value {
  const { vectors, labels } = classedTexts(b, inputs);
  const d = distanceMatrix(b, distance, unitIf(b, normalize, vectors));
  const { positive, negative } = classRelations(b, labels);
  const nearness = ops.sub(b, ops.scalarLike(b, margin, d), d);
  const pushes = logSumExpOver(b, nearness, negative);
  const j = ops.add(b, d, everyTwo(b, pushes, ops.logAddExp));
  // Both orders of a pair have the same J, so the mean over ordered pairs is the mean over P.
  const counted = ops.and(b, positive, ops.unsqueeze(b, anyOver(b, negative), [1]));
  return scaled(b, meanOver(b, ops.square(b, ops.relu(b, j)), counted), 0.5);
}

export const liftedStructured = defineObjective({
  name: "lifted-structured",
  title: "Lifted structured",
  summary: "pulls every positive pair together against all negatives of both its ends",
  rows: ["classed"],
  forms: classedForms,
  options: liftedStructuredOptions,
  inBatch: true,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "1/(2|P|) Σ_{(i,j)∈P} max(0, J_ij)²\nJ_ij = D_ij + log( Σ_{k: y_k≠y_i} exp(α − D_ik) + Σ_{l: y_l≠y_j} exp(α − D_jl) )",
    papers: [
      {
        authors: "Oh Song, Xiang, Jegelka, Savarese",
        year: 2016,
        title: "Deep Metric Learning via Lifted Structured Feature Embedding",
        place: "equation 4",
      },
    ],
    picture:
      "n ◄──►  x_i ──►◄── x_j  ◄──► n     every negative of either end pushes,\n                                   the nearest most",
    when: "Classes with several texts each in a batch, where each positive pair should use every negative there is.",
    relations:
      "triplet with all negatives of both ends at once, smoothed by a logsumexp. n-pair does it for dot products and one end.",
    evidence:
      "Made for clustering and retrieval of images of classes unseen in training; no figure on sentences.",
  },
  build: liftedStructuredLoss,
});
