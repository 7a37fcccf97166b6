import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { type ClassedInputs, classedTexts, classRelations } from "./classes.js";
import { temperature } from "./common-options.js";
import { defineObjective } from "./definition.js";
import {
  anyOver,
  atLeastOne,
  countOver,
  keepOnly,
  logSumExpOver,
  meanOver,
  scaled,
} from "./masking.js";
import { classedForms } from "./pair-forms.js";

const supconOptions = { temperature: temperature(0.07) };

/**
 * Mean over the anchors with M ≥ 1 positives of −1/M Σ_{j∈pos} log( e^(cos_ij/τ) / Σ_{k≠i} e^(cos_ik/τ) )
 * (Khosla et al. 2020, equation 2, L_out). Without any positive the loss is 0.
 */
function supconLoss(
  b: GraphBuilder,
  inputs: ClassedInputs,
  { temperature }: OptionsOf<typeof supconOptions>,
): Value {
  const { vectors, labels } = classedTexts(b, inputs);
  const logits = scaled(b, ops.cosineMatrix(b, vectors, vectors), 1 / temperature);
  const { positive, other } = classRelations(b, labels);
  const sum = ops.reduceSum(b, keepOnly(b, logits, positive), { axes: [1] });
  const mean = ops.div(b, sum, atLeastOne(b, countOver(b, positive, logits)));
  const loss = ops.sub(b, logSumExpOver(b, logits, other), mean);
  return meanOver(b, loss, anyOver(b, positive));
}

export const supcon = defineObjective({
  name: "supcon",
  title: "Supervised contrastive",
  summary: "pulls every text of a class together out of all others",
  rows: ["classed"],
  forms: classedForms,
  options: supconOptions,
  inBatch: true,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "mean over i with M ≥ 1 of −1/M Σ_{j∈pos(i)} log( exp(cos_ij/τ) / Σ_{k≠i} exp(cos_ik/τ) )",
    papers: [
      {
        authors: "Khosla et al.",
        year: 2020,
        title: "Supervised Contrastive Learning",
        place: "equation 2 (L_out)",
      },
    ],
    picture: "x ──►◄── every text of its class\nx ◄── ──► every text of another class",
    when: "Classed texts with few texts a class: intents, topics. Needs at least two texts of a class in a batch.",
    relations:
      "nt-xent with more than one positive. soft-nearest-neighbors is content with one near positive; supcon wants all of them near.",
    evidence:
      "ImageNet: 81.4 % top-1 with ResNet-200, 0.8 above the best number for that network before (abstract). No figure on sentences in the paper.",
  },
  chance: (_, { texts }) => Math.log(texts - 1),
  build: supconLoss,
});
