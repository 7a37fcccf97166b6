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
import { logSumExpOver } from "./masking.js";
import { pairForm } from "./pair-forms.js";

const infonceOptions = {
  similarity: similarity("cosine"),
  temperature: temperature(0.05),
  ...directions,
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
  return overDirections(b, inputs, options, ({ logits, positive, kept }) =>
    ops.reduceMean(b, ops.sub(b, logSumExpOver(b, logits, kept), positive)),
  );
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
      "−mean_i log [ exp(sim(a_i,p_i)/τ) / Σ_j exp(sim(a_i,c_j)/τ) ]\nsymmetric: mean of this and the same with anchors and positives swapped\ndirections: further candidates of row i: dq a_j for p_i, qq a_j for a_i (j ≠ i), dd p_j and n_jk for p_i (j ≠ i)\npartition joint: −mean_i log [ exp(sim(a_i,p_i)/τ) / Σ exp over the candidates of all directions ]; the own pair counts in qd and in dq\npartition per-text: mean of two such terms, a_i with qd and qq, p_i with dq and dd; per-direction: mean of the term of qd and that of dq\nhard-negative-weight w: log w is added to the logits of the anchor's own explicit negatives\nhardness α: α·cos, without gradient, is added to the logits of the negatives that hardness-on names, in every direction\nsymmetric with a guide: a_i is removed for p_j where cos(gp_j,ga_i) > cos(ga_j,gp_j) − margin",
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
      {
        authors: "Li, Zhang, Zhang, Long, Xie, Zhang",
        year: 2023,
        title: "Towards General Text Embeddings with Multi-stage Contrastive Learning",
        place: "the improved contrastive loss (directions all, joint)",
      },
      hardnessPaper,
    ],
    picture:
      "              ◄── c_2 (another row's positive)\na_i ──►◄── p_i\n              ◄── n_i1 (explicit negative: pushed hardest when near)",
    when: "The default: (anchor, positive) rows, with hard negatives if there are any. NLI: premise, entailment, contradiction. Larger batches give more negatives.",
    relations:
      "n-pair is infonce with dot and τ 1; nt-xent is infonce over the 2N views, directions all with partition per-text (where there are no explicit negatives, which nt-xent gives to p_i too); directions are sentence-transformers' query_to_doc, doc_to_query, query_to_query and doc_to_doc, partition its partition_mode, its hardness_mode weighs query_to_doc alone; dcl leaves the positive out of the denominator; debiased and hard-reweighted mend and sharpen the negatives' sum; sigmoid judges each candidate by itself. Known elsewhere as multiple negatives ranking loss.",
    evidence:
      "STS-B dev, BERT base (SimCSE, table D.1): τ 0.05 86.2, 0.01 85.4, 0.1 82.0, 1 64.0. NLI (table 6): entailment only 84.9, with contradictions as hard negatives 86.2.",
  },
  chance: (options, shape) => chanceOf(options, shape),
  build: infonceLoss,
});
