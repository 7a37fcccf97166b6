import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { type ClassedInputs, classedTexts, classRelations } from "./classes.js";
import { distance, normalize, temperature } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { anyOver, logSumExpOver, meanOver, scaled } from "./masking.js";
import { classedForms } from "./pair-forms.js";
import { distanceMatrix, unitIf } from "./vectors.js";

const softNearestNeighborsOptions = {
  distance: distance("squared-euclidean"),
  normalize: normalize(true),
  temperature: temperature(0.1),
};

/**
 * −mean_i log [ Σ_{j≠i, y_j=y_i} e^(−D_ij/τ) / Σ_{k≠i} e^(−D_ik/τ) ] over the anchors with a positive, D = ‖x_i − x_j‖²
 * unless `distance` says otherwise (Salakhutdinov & Hinton 2007; Frosst, Papernot & Hinton 2019, equation 1).
 * Without any positive the loss is 0.
 */
function softNearestNeighborsLoss(
  b: GraphBuilder,
  inputs: ClassedInputs,
  { distance, normalize, temperature }: OptionsOf<typeof softNearestNeighborsOptions>,
): Value {
  const { vectors, labels } = classedTexts(b, inputs);
  const distances = distanceMatrix(b, distance, unitIf(b, normalize, vectors));
  const logits = scaled(b, distances, -1 / temperature);
  const { positive, other } = classRelations(b, labels);
  const all = logSumExpOver(b, logits, other);
  const loss = ops.sub(b, all, logSumExpOver(b, logits, positive));
  return meanOver(b, loss, anyOver(b, positive));
}

export const softNearestNeighbors = defineObjective({
  name: "soft-nearest-neighbors",
  title: "Soft nearest neighbours",
  summary: "makes a random near neighbour of a text likely to be of its class",
  rows: ["classed"],
  forms: classedForms,
  options: softNearestNeighborsOptions,
  inBatch: true,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "−mean_i log [ Σ_{j≠i, y_j=y_i} exp(−‖x_i−x_j‖²/τ) / Σ_{k≠i} exp(−‖x_i−x_k‖²/τ) ]  over the i with a positive",
    papers: [
      {
        authors: "Salakhutdinov, Hinton",
        year: 2007,
        title: "Learning a Nonlinear Embedding by Preserving Class Neighbourhood Structure",
        place: "section 2",
      },
      {
        authors: "Frosst, Papernot, Hinton",
        year: 2019,
        title: "Analyzing and Improving Representations with the Soft Nearest Neighbor Loss",
        place: "equation 1",
      },
    ],
    picture:
      "x ──►◄── the nearest of its class (one suffices)\nx ◄── ──► near texts of other classes",
    when: "Classes that are not one cluster each: a text needs one near neighbour of its class, not all of them. For nearest-neighbour classifiers.",
    relations:
      "supcon takes the mean of the logarithms over the positives, this the logarithm of the sum, so that far positives are left alone. With one positive each both are nt-xent in form (‖x−y‖² = 2 − 2cos on unit vectors: τ here is twice theirs).",
    evidence:
      "Frosst et al. use it to measure and shape the entanglement of classes in image models; no figure on sentences.",
  },
  build: softNearestNeighborsLoss,
});
