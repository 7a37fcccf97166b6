import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import type { PairInputs } from "./candidates.js";
import {
  directions,
  hardNegativeWeight,
  hardness,
  hardnessPaper,
  similarity,
  temperature,
} from "./common-options.js";
import { defineObjective } from "./definition.js";
import { chanceOf, overDirections } from "./directions.js";
import { anyOver, keepOnly, logSumExpOver } from "./masking.js";
import { pairForm } from "./pair-forms.js";

const dclOptions = {
  similarity: similarity("cosine"),
  temperature: temperature(0.05),
  ...directions,
  hardNegativeWeight,
  ...hardness,
};

/**
 * mean_i [ −s_ii + log Σ_{j≠i} e^(s_ij) ], s = sim/τ: infonce with the positive left out of the denominator
 * (Yeh et al. 2021). A candidate that the mask [B,N] removes is as good as absent; an anchor without negatives
 * contributes 0 and still counts.
 */
function dclLoss(
  b: GraphBuilder,
  inputs: PairInputs,
  options: OptionsOf<typeof dclOptions>,
): Value {
  return overDirections(b, inputs, options, ({ logits, positive, negative }) => {
    const terms = ops.sub(b, logSumExpOver(b, logits, negative), positive);
    return ops.reduceMean(b, keepOnly(b, terms, anyOver(b, negative)));
  });
}

export const dcl = defineObjective({
  name: "dcl",
  title: "Decoupled contrastive",
  summary: "infonce with the positive left out of the denominator",
  rows: ["pair"],
  forms: [pairForm],
  options: dclOptions,
  inBatch: true,
  modifiers: ["in-batch-off", "guide", "queue"],
  trained: [],
  text: {
    formula: "−mean_i log [ exp(sim(a_i,p_i)/τ) / Σ_{j≠i} exp(sim(a_i,c_j)/τ) ]",
    papers: [
      {
        authors: "Yeh, Hong, Hsu, Liu, Chen, LeCun",
        year: 2021,
        title: "Decoupled Contrastive Learning",
        place: "the DCL loss",
      },
      hardnessPaper,
    ],
    picture: "a_i ──►◄── p_i      pulled as hard when it is near already\na_i ◄── ──► c_j",
    when: "Small batches, where infonce's gradient fades as soon as the positive wins. The loss may be negative.",
    relations: "infonce without its positive–negative coupling; for many negatives the two agree.",
    evidence:
      "ImageNet, 200 epochs, batch 256: 68.2 % top-1, 6.4 points above SimCLR (abstract). No figure on sentences in the paper.",
  },
  chance: (options, shape) => chanceOf(options, shape, true),
  build: dclLoss,
});
