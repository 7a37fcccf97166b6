import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { type Distance, distance, margin, normalize } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { labelledPairForm } from "./pair-forms.js";
import { hinge, rootOfSquared, rowDistance, squaredDistance, unitIf } from "./vectors.js";

/** u_i, v_i [B,D] and y_i [B], 1 where they belong together. */
export interface LabelledPairInputs {
  readonly sentence1: Value;
  readonly sentence2: Value;
  readonly labels: Value;
}

const options = {
  distance: distance("euclidean"),
  normalize: normalize(true),
  margin: margin(1),
};

/**
 * mean_i [ y_i·D_i² + (1 − y_i)·max(0, m − D_i)² ]; the Euclidean first term is ‖u − v‖² itself
 * (Hadsell, Chopra & LeCun 2006, equation 4, without its halves).
 */
function contrastiveLoss(
  b: GraphBuilder,
  inputs: LabelledPairInputs,
  { distance, normalize, margin }: OptionsOf<typeof options>,
): Value {
  const u = unitIf(b, normalize, inputs.sentence1);
  const v = unitIf(b, normalize, inputs.sentence2);
  const { d, squared } = distances(b, distance, u, v);
  const together = ops.cast(b, inputs.labels, "bool");
  const apart = ops.square(b, hinge(b, margin, d));
  return ops.reduceMean(b, ops.where(b, together, squared, apart));
}

/** D and D² of corresponding rows. */
function distances(
  b: GraphBuilder,
  kind: Distance,
  u: Value,
  v: Value,
): { readonly d: Value; readonly squared: Value } {
  if (kind === "euclidean") {
    const squared = squaredDistance(b, u, v);
    return { d: rootOfSquared(b, squared), squared };
  }
  const d = rowDistance(b, kind, u, v);
  return { d, squared: ops.square(b, d) };
}

export const contrastive = defineObjective({
  name: "contrastive",
  title: "Contrastive",
  summary: "pulls labelled pairs together and pushes the others beyond a margin",
  rows: ["labelled-pair"],
  forms: [labelledPairForm],
  options,
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "mean_i [ y_i·D_i² + (1 − y_i)·max(0, m − D_i)² ],  D_i = D(u_i, v_i)\n(euclidean: the first term is ‖u_i − v_i‖² itself)",
    papers: [
      {
        authors: "Hadsell, Chopra, LeCun",
        year: 2006,
        title: "Dimensionality Reduction by Learning an Invariant Mapping",
        place: "equation 4",
      },
    ],
    picture: "label 1   u ──►◄── v\nlabel 0   u ◄──┤ m ├──► v    (nothing beyond m)",
    when: "Rows say yes or no: duplicates, paraphrases, matches. Each row stands for itself, so batch size hardly matters.",
    relations:
      "online-contrastive keeps only the hard rows of the batch. triplet asks for an order of two distances instead of two absolute ones. With squared-euclidean D² is a fourth power: offered, not advised.",
    evidence:
      "The paper shows maps of digits and objects, no sentences. Where positives can be had alone, infonce uses the rest of the batch as negatives too.",
  },
  build: contrastiveLoss,
});
