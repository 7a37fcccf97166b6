import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { candidateVectors, type PairInputs } from "./candidates.js";
import { normalize } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { keepOnly } from "./masking.js";
import { unitPairs } from "./n-pair.js";

/** Pair inputs with the drawn candidate indices [B,k] (int64); −1 is an empty place. */
interface NegInputs extends PairInputs {
  readonly sampled: Value;
}

const negOptions = {
  normalize: normalize(false),
  k: {
    type: "integer",
    default: 5,
    min: 1,
    max: 65_536,
    description:
      "negatives drawn for each anchor, without replacement; at most the batch's other candidates",
  },
  noisePower: {
    type: "number",
    default: 0.75,
    min: 0,
    description: "negatives are drawn in proportion to their text's frequency to this power",
  },
} as const;

/**
 * −mean_i [ log σ(a_i·p_i) + Σ_{j=1..k} log σ(−a_i·n_ij) ] (Mikolov et al. 2013, equation 4). The negatives are the
 * candidates that `sampled` names, so the loss itself is deterministic; `k` and `noisePower` say how they are drawn.
 * An anchor with fewer than k fills up with −1. Throws a UserError when k is known to be 0.
 */
function negLoss(
  b: GraphBuilder,
  given: NegInputs,
  { normalize }: Pick<OptionsOf<typeof negOptions>, "normalize">,
): Value {
  if (given.sampled.shape[1] === 0)
    throw usageError("no-negatives", "neg needs at least 1 negative for each anchor, got 0");
  const inputs = normalize ? unitPairs(b, given) : given;
  const logits = ops.dotMatrix(b, inputs.anchors, candidateVectors(b, inputs));
  const none = ops.scalar(b, 0, "int64");
  const places = ops.maximum(b, given.sampled, none);
  const drawn = ops.logSigmoid(b, ops.neg(b, ops.gatherElements(b, logits, places, 1)));
  const present = ops.greaterOrEqual(b, given.sampled, none);
  const negative = ops.reduceSum(b, keepOnly(b, drawn, present), { axes: [1] });
  const positive = ops.logSigmoid(b, ops.rowDot(b, inputs.anchors, inputs.positives));
  return ops.neg(b, ops.reduceMean(b, ops.add(b, positive, negative)));
}

export const neg = defineObjective({
  name: "neg",
  title: "Negative sampling",
  summary: "tells each anchor's positive from k candidates drawn by frequency",
  rows: ["pair"],
  forms: [{ required: ["anchors", "positives", "sampled"], optional: ["negatives"] }],
  options: negOptions,
  inBatch: true,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "−mean_i [ log σ(a_i·p_i) + Σ_{j=1..k} log σ(−a_i·n_ij) ]\nn_ij: drawn from the batch's other candidates with probability ∝ frequency^0.75",
    papers: [
      {
        authors: "Mikolov, Sutskever, Chen, Corrado, Dean",
        year: 2013,
        title: "Distributed Representations of Words and Phrases and their Compositionality",
        place: "equation 4",
      },
    ],
    picture:
      "a_i ──►◄── p_i\na_i ◄── ──► n_i1 … n_ik    (a few drawn candidates; the rest is left alone)",
    when: "Very many candidates of very different frequency, dot-product search, few negatives an anchor.",
    relations:
      "nce without the normaliser and the noise correction: the same push, no probabilities. sigmoid with all candidates in place of k drawn ones and a trained scale.",
    evidence: "Made for word vectors with large vocabularies; no figure on sentences in the paper.",
  },
  build: negLoss,
});
