import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { candidateLogits, type PairInputs } from "./candidates.js";
import { normalize } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { logSumExpOver, scaled } from "./masking.js";
import { pairForm } from "./pair-forms.js";
import { unitIf } from "./vectors.js";

const nPairOptions = {
  normalize: normalize(false),
  l2: {
    type: "number",
    default: 0.02,
    min: 0,
    description: "weight of ½(‖a‖² + ‖p‖²), which keeps the vectors short",
  },
} as const;

/**
 * mean_i log(1 + Σ_{j≠i} e^(a_i·c_j − a_i·p_i)) + l2·mean_i ½(‖a_i‖² + ‖p_i‖²)
 * (Sohn 2016, multi-class N-pair, equation 7). The first mean is logsumexp_j(a_i·c_j) − a_i·p_i. A candidate removed by
 * the mask [B,N] is as good as absent; explicit negatives take no part in the l2 term.
 */
function nPairLoss(
  b: GraphBuilder,
  given: PairInputs,
  { normalize, l2 }: OptionsOf<typeof nPairOptions>,
): Value {
  const inputs = normalize ? unitPairs(b, given) : given;
  const candidates = candidateLogits(b, inputs, { similarity: "dot", temperature: 1 });
  const { logits, positive, kept } = candidates;
  const ranking = ops.reduceMean(b, ops.sub(b, logSumExpOver(b, logits, kept), positive));
  if (l2 === 0) return ranking;
  const squares = ops.add(b, meanSquare(b, inputs.anchors), meanSquare(b, inputs.positives));
  return ops.add(b, ranking, scaled(b, squares, l2 / 2));
}

/** mean_i ‖x_i‖². */
function meanSquare(b: GraphBuilder, x: Value): Value {
  return ops.reduceMean(b, ops.rowDot(b, x, x));
}

/** The inputs with unit vectors. */
export function unitPairs(b: GraphBuilder, inputs: PairInputs): PairInputs {
  return {
    ...inputs,
    anchors: unitIf(b, true, inputs.anchors),
    positives: unitIf(b, true, inputs.positives),
    negatives: inputs.negatives === undefined ? undefined : unitIf(b, true, inputs.negatives),
  };
}

export const nPair = defineObjective({
  name: "n-pair",
  title: "N-pair",
  summary: "ranks the positive's dot product above those of all other candidates",
  rows: ["pair"],
  forms: [pairForm],
  options: nPairOptions,
  inBatch: true,
  modifiers: ["in-batch-off"],
  trained: [],
  text: {
    formula: "mean_i log(1 + Σ_{j≠i} exp(a_i·c_j − a_i·p_i)) + l2·mean_i ½(‖a_i‖² + ‖p_i‖²)",
    papers: [
      {
        authors: "Sohn",
        year: 2016,
        title: "Improved Deep Metric Learning with Multi-class N-pair Loss Objective",
        place: "equation 7",
      },
    ],
    picture:
      "a_i ──►◄── p_i     c_j ◄── pushed from a_i, by dot product\n 0 ◄─ a_i, p_i      l2 keeps the vectors short",
    when: "Vectors whose length should carry meaning (search by dot product). For cosine search take infonce.",
    relations:
      "infonce with dot and τ 1, plus l2. With one negative it is a smooth triplet without margin.",
    evidence:
      "Made for images of many classes (fine-grained recognition, verification); no figure on sentences.",
  },
  build: nPairLoss,
});
