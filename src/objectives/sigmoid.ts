import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { candidateLogits, type PairInputs } from "./candidates.js";
import { defineObjective } from "./definition.js";
import { keepOnly } from "./masking.js";

/** Pair inputs with the trained scalars t' and b. */
interface SigmoidInputs extends PairInputs {
  readonly logScale: Value;
  readonly bias: Value;
}

/**
 * −mean_i Σ_j log σ( t_ij (cos_ij·e^{t'} + b) ) over all candidates, t_ij = 1 for the own positive, else −1
 * (Zhai et al. 2023, section 3.2). A candidate that the mask [B,N] removes is as good as absent.
 */
function sigmoidLoss(b: GraphBuilder, inputs: SigmoidInputs): Value {
  const { logits, own, kept } = candidateLogits(b, inputs, {
    similarity: "cosine",
    temperature: 1,
  });
  const warmed = ops.add(b, ops.mul(b, logits, ops.exp(b, inputs.logScale)), inputs.bias);
  const judged = ops.logSigmoid(b, ops.where(b, own, warmed, ops.neg(b, warmed)));
  const rows = ops.reduceSum(b, keepOnly(b, judged, kept), { axes: [1] });
  return ops.neg(b, ops.reduceMean(b, rows));
}

export const sigmoid = defineObjective({
  name: "sigmoid",
  title: "Sigmoid (SigLIP)",
  summary: "judges every candidate by itself, with a trained scale and bias",
  rows: ["pair"],
  forms: [
    { required: ["anchors", "positives", "logScale", "bias"], optional: ["negatives", "mask"] },
  ],
  options: {},
  inBatch: true,
  modifiers: ["in-batch-off"],
  trained: [
    { role: "logScale", shape: () => [], initial: Math.log(10) },
    { role: "bias", shape: () => [], initial: -10 },
  ],
  text: {
    formula:
      "−mean_i Σ_j log σ( t_ij (cos_ij·e^{t'} + b) ),  t_ij = 1 for the own positive, else −1\nt' starts at log 10, b at −10; both are trained",
    papers: [
      {
        authors: "Zhai, Mustafa, Kolesnikov, Beyer",
        year: 2023,
        title: "Sigmoid Loss for Language Image Pre-Training",
        place: "section 3.2",
      },
    ],
    picture:
      "(a_i, p_i)   yes ──►◄──\n(a_i, c_j)   no  ◄── ──►    each pair on its own: no candidate competes with another",
    when: "Anchors may have several right answers in a batch, or none; the similarity should become a probability.",
    relations:
      "nce with a free bias in place of its noise term; infonce is its softmax counterpart. neg with all candidates, cosine and a trained scale.",
    evidence:
      "Images and texts: 84.5 % zero-shot on ImageNet with locked images, and better than the softmax at small batches (abstract). No figure on sentences.",
  },
  build: sigmoidLoss,
});
