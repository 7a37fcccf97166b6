import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { candidateLogits, inDirections, type PairInputs } from "./candidates.js";
import {
  hardNegativeWeight,
  hardness,
  similarity,
  symmetric,
  temperature,
} from "./common-options.js";
import { defineObjective } from "./definition.js";
import { logSumExpOver } from "./masking.js";
import { pairForm } from "./pair-forms.js";

const infonceOptions = {
  similarity: similarity("cosine"),
  temperature: temperature(0.05),
  symmetric,
  hardNegativeWeight,
  ...hardness,
};

/**
 * −mean_i log [ e^(s_ii) / Σ_j e^(s_ij) ], s = sim/τ, over all candidates that the mask [B,N] leaves
 * (van den Oord, Li & Vinyals 2018, equation 4). A masked candidate is as good as absent, so rows with fewer than K
 * explicit negatives fill up with anything masked.
 */
function infonceLoss(
  b: GraphBuilder,
  inputs: PairInputs,
  options: OptionsOf<typeof infonceOptions>,
): Value {
  return inDirections(b, inputs, options.symmetric, (given) => {
    const { logits, positive, kept } = candidateLogits(b, given, options);
    return ops.reduceMean(b, ops.sub(b, logSumExpOver(b, logits, kept), positive));
  });
}

export const infonce = defineObjective({
  name: "infonce",
  title: "InfoNCE",
  summary: "picks each anchor's positive out of all candidates of the batch",
  rows: ["pair"],
  forms: [pairForm],
  options: infonceOptions,
  inBatch: true,
  modifiers: ["in-batch-off", "guide", "queue"],
  trained: [],
  text: {
    formula:
      "−mean_i log [ exp(sim(a_i,p_i)/τ) / Σ_j exp(sim(a_i,c_j)/τ) ]\nsymmetric: mean of this and the same with anchors and positives swapped\nhard-negative-weight w: log w is added to the logits of the anchor's own explicit negatives\nhardness α: α·cos, without gradient, is added to the logits of the negatives that hardness-on names\nsymmetric with a guide: a_i is removed for p_j where cos(gp_j,ga_i) > cos(ga_j,gp_j) − margin",
    papers: [
      {
        authors: "van den Oord, Li, Vinyals",
        year: 2018,
        title: "Representation Learning with Contrastive Predictive Coding",
        place: "equation 4",
      },
      {
        authors: "Gao, Yao, Chen",
        year: 2021,
        title: "SimCSE: Simple Contrastive Learning of Sentence Embeddings",
        place: "equation 5 (hard negatives)",
      },
    ],
    picture:
      "              ◄── c_2 (another row's positive)\na_i ──►◄── p_i\n              ◄── n_i1 (explicit negative: pushed hardest when near)",
    when: "The default: (anchor, positive) rows, with hard negatives if there are any. NLI: premise, entailment, contradiction. Larger batches give more negatives.",
    relations:
      "n-pair is infonce with dot and τ 1; nt-xent is infonce over the 2N views; dcl leaves the positive out of the denominator; debiased and hard-reweighted mend and sharpen the negatives' sum; sigmoid judges each candidate by itself. Known elsewhere as multiple negatives ranking loss.",
    evidence:
      "STS-B dev, BERT base (SimCSE, table D.1): τ 0.05 86.2, 0.01 85.4, 0.1 82.0, 1 64.0. NLI (table 6): entailment only 84.9, with contradictions as hard negatives 86.2.",
  },
  build: infonceLoss,
});
