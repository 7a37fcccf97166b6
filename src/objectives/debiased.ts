import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import type { CandidateLogits, PairInputs } from "./candidates.js";
import { directions, hardness, hardnessPaper, rho, temperature } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { type DirectionOptions, overDirections } from "./directions.js";
import { anyOver, atLeastOne, countOver, keepOnly, removeOthers, scaled } from "./masking.js";
import { pairForm } from "./pair-forms.js";

const debiasedOptions = { temperature: temperature(0.5), rho, ...directions, ...hardness };

/**
 * infonce with the negatives' sum replaced by N'·max( (mean_j e^(s_ij) − ρ·e^(s_ii)) / (1 − ρ), e^(−1/τ) ), s = cos/τ,
 * N' the number of negatives that the mask leaves (Chuang et al. 2020, equations 7 and 8). No gradient on the floor; an anchor
 * without negatives contributes 0 and still counts.
 */
function debiasedLoss(
  b: GraphBuilder,
  inputs: PairInputs,
  options: OptionsOf<typeof debiasedOptions>,
): Value {
  return correctedLoss(b, inputs, options, (logits) => uniformWeights(b, logits));
}

/** What debiased and hard-reweighted share. */
interface CorrectionOptions extends Omit<DirectionOptions, "similarity"> {
  readonly rho: number;
}

/** Weights [B,N] of the negatives in their mean; each row with negatives sums to 1. */
type NegativeWeights = (candidates: CandidateLogits) => Value;

/** The debiased objective with a weighted mean over the negatives. */
export function correctedLoss(
  b: GraphBuilder,
  inputs: PairInputs,
  options: CorrectionOptions,
  weights: NegativeWeights,
): Value {
  const { temperature, rho } = options;
  const compared = { ...options, similarity: "cosine" } as const;
  return overDirections(b, inputs, compared, (candidates) => {
    const terms = anchorTerms(b, candidates, { weights: weights(candidates), temperature, rho });
    return ops.reduceMean(b, keepOnly(b, terms, anyOver(b, candidates.negative)));
  });
}

/** 1/N' for each negative. */
function uniformWeights(b: GraphBuilder, { logits, negative }: CandidateLogits): Value {
  const count = ops.unsqueeze(b, atLeastOne(b, countOver(b, negative, logits)), [1]);
  return ops.div(b, ops.cast(b, negative, logits.dtype), count);
}

/**
 * log(e^(s_ii) + N'·g_i) − s_ii for each anchor, with everything divided by e^shift, shift the row's largest logit:
 * what is far below it may vanish, nothing can overflow.
 */
function anchorTerms(
  b: GraphBuilder,
  candidates: CandidateLogits,
  given: { readonly weights: Value; readonly temperature: number; readonly rho: number },
): Value {
  const { logits, positive, own, kept, negative } = candidates;
  const { weights, temperature, rho } = given;
  const largest = ops.reduceMax(b, removeOthers(b, logits, kept), { axes: [1], keepDims: true });
  const shift = ops.stopGradient(b, largest);
  const shiftRow = ops.squeeze(b, shift, [1]);
  const powers = ops.exp(b, removeOthers(b, ops.sub(b, logits, shift), negative));
  const mean = ops.reduceSum(b, ops.mul(b, weights, powers), { axes: [1] });
  const alike = ops.exp(b, ops.sub(b, positive, shiftRow));
  const corrected = scaled(b, ops.sub(b, mean, scaled(b, alike, rho)), 1 / (1 - rho));
  const floor = ops.exp(b, ops.sub(b, ops.scalarLike(b, -1 / temperature, shiftRow), shiftRow));
  const estimate = ops.where(b, ops.greater(b, corrected, floor), corrected, floor);
  const sum = ops.mul(b, countOver(b, negative, logits), estimate);
  const pull = ops.reduceSum(b, ops.exp(b, removeOthers(b, ops.sub(b, logits, shift), own)), {
    axes: [1],
  });
  const total = ops.log(b, ops.add(b, pull, sum));
  return ops.sub(b, ops.add(b, total, shiftRow), positive);
}

export const debiased = defineObjective({
  name: "debiased",
  title: "Debiased contrastive",
  summary: "infonce that reckons with a share of false negatives among the candidates",
  rows: ["pair"],
  forms: [pairForm],
  options: debiasedOptions,
  inBatch: true,
  modifiers: ["in-batch-off", "guide", "queue"],
  trained: [],
  text: {
    formula:
      "−mean_i log [ exp(s_ii) / (exp(s_ii) + N'·g_i) ],  s = cos/τ\ng_i = max( (mean_j exp(s_ij) − ρ·exp(s_ii)) / (1−ρ), exp(−1/τ) )   over the negatives j",
    papers: [
      {
        authors: "Chuang, Robinson, Yen-Chen, Torralba, Jegelka",
        year: 2020,
        title: "Debiased Contrastive Learning",
        place: "equations 7 and 8",
      },
      hardnessPaper,
    ],
    picture:
      "a_i ──►◄── p_i\na_i ◄── ──► c_j    less what p_i-like candidates among them would push",
    when: "No labels to mask false negatives by, and many are to be expected (few topics, many paraphrases). Keep τ near 0.5: at 0.05 the floor holds everywhere and no gradient is left.",
    relations:
      "infonce at ρ = 0. hard-reweighted adds weights; guide removes suspected false negatives one by one.",
    evidence:
      "The paper reports gains in vision, language and reinforcement learning. No figure on labelled sentence pairs.",
  },
  build: debiasedLoss,
});
