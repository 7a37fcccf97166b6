import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import type { PairInputs } from "./candidates.js";
import { directions, hardness, hardnessPaper, rho, temperature } from "./common-options.js";
import { correctedLoss } from "./debiased.js";
import { defineObjective } from "./definition.js";
import { removeOthers, scaled } from "./masking.js";
import { pairForm } from "./pair-forms.js";

const hardReweightedOptions = {
  temperature: temperature(0.5),
  rho,
  beta: {
    type: "number",
    default: 1,
    min: 0,
    description: "how much near negatives outweigh far ones; 0 weighs all alike",
  },
  ...directions,
  ...hardness,
} as const;

/**
 * debiased with the mean over the negatives weighted by e^(β·s_ij), normalised to mean 1; the weights carry no
 * gradient (Robinson et al. 2021, section 3). What hardness adds to s_ij counts in the weights too.
 */
function hardReweightedLoss(
  b: GraphBuilder,
  inputs: PairInputs,
  options: OptionsOf<typeof hardReweightedOptions>,
): Value {
  return correctedLoss(b, inputs, options, ({ logits, negative }) => {
    const sharpened = scaled(b, logits, options.beta);
    return ops.stopGradient(b, ops.softmax(b, removeOthers(b, sharpened, negative), 1));
  });
}

export const hardReweighted = defineObjective({
  name: "hard-reweighted",
  title: "Hard-negative reweighting",
  summary: "debiased with near negatives weighted up",
  rows: ["pair"],
  forms: [pairForm],
  options: hardReweightedOptions,
  inBatch: true,
  modifiers: ["in-batch-off", "guide", "queue"],
  trained: [],
  text: {
    formula:
      "as debiased with mean_j exp(s_ij) weighted by exp(β·s_ij), normalised to mean 1; the weights carry no gradient\nhardness α: the s_ij of the weights are those with α·cos too",
    papers: [
      {
        authors: "Robinson, Chuang, Sra, Jegelka",
        year: 2021,
        title: "Contrastive Learning with Hard Negative Samples",
        place: "section 3",
      },
      hardnessPaper,
    ],
    picture:
      "a_i ◄────── ──────► c_near    (weight e^(β·s): the nearest push most)\na_i ◄─ ─► c_far",
    when: "Explicit hard negatives are missing and the batch's candidates are mostly easy.",
    relations:
      "debiased at β = 0. A smaller τ of infonce has a like effect without the correction for false negatives.",
    evidence: "The paper reports gains over debiased on images, graphs and sentences.",
  },
  build: hardReweightedLoss,
});
