import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { candidateLogits, type PairInputs } from "./candidates.js";
import { similarity, temperature } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { initialLogNormalizer } from "./log-normalizer.js";
import { atLeastOne, countOver, keepOnly } from "./masking.js";

/** Pair inputs with log q [N] of every candidate and the trained scalar z. */
interface NceInputs extends PairInputs {
  readonly noise: Value;
  readonly logNormalizer: Value;
}

const nceOptions = { similarity: similarity("cosine"), temperature: temperature(0.05) };

/**
 * −mean_i [ log σ(G(a_i,p_i)) + Σ_{j≠i} log σ(−G(a_i,c_j)) ], G(a,c) = s(a,c) − z − log(k·q(c)), k = N − 1
 * (Gutmann & Hyvärinen 2010, section 2). With a mask k is the number of candidates that it leaves the anchor as
 * noise; an anchor without noise contributes 0 and still counts. Throws a UserError when N is known to be 1.
 */
function nceLoss(b: GraphBuilder, inputs: NceInputs, options: OptionsOf<typeof nceOptions>): Value {
  const { logits, own, negative } = candidateLogits(b, inputs, options);
  if (logits.shape[1] === 1)
    throw usageError("no-noise", "nce needs at least 2 candidates in a batch, got 1");
  const k = ops.unsqueeze(b, countOver(b, negative, logits), [1]);
  const logNoise = ops.add(b, ops.log(b, atLeastOne(b, k)), ops.unsqueeze(b, inputs.noise, [0]));
  const g = ops.sub(b, ops.sub(b, logits, inputs.logNormalizer), logNoise);
  const chosen = ops.logSigmoid(b, ops.where(b, own, g, ops.neg(b, g)));
  const judged = ops.or(b, negative, ops.and(b, own, ops.cast(b, k, "bool")));
  const rows = ops.reduceSum(b, keepOnly(b, chosen, judged), { axes: [1] });
  return ops.neg(b, ops.reduceMean(b, rows));
}

export const nce = defineObjective({
  name: "nce",
  title: "Noise-contrastive estimation",
  summary: "tells each anchor's positive from noise candidates, as a normalised probability model",
  rows: ["pair"],
  forms: [
    {
      required: ["anchors", "positives", "noise", "logNormalizer"],
      optional: ["negatives", "mask"],
    },
  ],
  options: nceOptions,
  inBatch: true,
  modifiers: ["in-batch-off"],
  trained: [{ role: "logNormalizer", shape: () => [], initial: initialLogNormalizer }],
  text: {
    formula:
      "−mean_i [ log σ(G(a_i,p_i)) + Σ_{j≠i} log σ(−G(a_i,c_j)) ]\nG(a,c) = sim(a,c)/τ − z − log(k·q(c)),  k = N − 1\nz starts at mean_i [ logsumexp_j( s(a_i,c_j) − log q(c_j) ) − log N ] of the first batch",
    papers: [
      {
        authors: "Gutmann, Hyvärinen",
        year: 2010,
        title:
          "Noise-contrastive estimation: A new estimation principle for unnormalized statistical models",
        place: "section 2",
      },
    ],
    picture:
      "a_i ──►◄── p_i     data or noise?  data\na_i ◄── ──► c_j    data or noise?  noise, the more surely the commoner c_j is",
    when: "Scores are to be read as log probabilities of the candidate given the anchor, and candidates differ much in frequency.",
    relations:
      "neg is nce with z and log(k·q) left out, so it estimates no probability. infonce asks for the one right candidate of N instead of N yes-or-no answers and needs no z. sigmoid has the same shape with a free bias in place of z + log(k·q).",
    evidence:
      "A principle of estimation: the estimate approaches that of maximum likelihood as the noise grows. No figure on sentences in the paper.",
  },
  build: nceLoss,
});
