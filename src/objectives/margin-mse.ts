import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { ownNegativesRemoved } from "./candidates.js";
import { similarity } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { meanOver } from "./masking.js";
import { rowSimilarity } from "./vectors.js";

/** Triplets with the teacher's margins [B,K]; negatives that the mask [B,N] removes at their anchor are left out. */
interface MarginMseInputs {
  readonly anchors: Value;
  readonly positives: Value;
  readonly negatives: Value;
  readonly teacher: Value;
  readonly mask?: Value;
}

const marginMseOptions = { similarity: similarity("cosine") };

/** mean over i, k of ((sim(a_i,p_i) − sim(a_i,n_ik)) − Δ_ik)², Δ the teacher's margin (Hofstätter et al. 2020, Margin-MSE). */
function marginMseLoss(
  b: GraphBuilder,
  { anchors, positives, negatives, teacher, mask }: MarginMseInputs,
  { similarity }: OptionsOf<typeof marginMseOptions>,
): Value {
  const near = ops.unsqueeze(b, rowSimilarity(b, similarity, anchors, positives), [1]);
  const far = rowSimilarity(b, similarity, ops.unsqueeze(b, anchors, [1]), negatives);
  const error = ops.square(b, ops.sub(b, ops.sub(b, near, far), teacher));
  if (mask === undefined) return ops.reduceMean(b, error);
  return meanOver(b, error, ops.not(b, ownNegativesRemoved(b, mask, negatives)));
}

export const marginMse = defineObjective({
  name: "margin-mse",
  title: "Margin regression",
  summary: "fits the margin between positive and negative to a teacher's",
  rows: ["triplet"],
  forms: [{ required: ["anchors", "positives", "negatives", "teacher"], optional: ["mask"] }],
  options: marginMseOptions,
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula: "mean ((sim(a,p) − sim(a,n)) − Δ)²,  Δ = the teacher's sim(a,p) − sim(a,n)",
    papers: [
      {
        authors: "Hofstätter, Althammer, Schröder, Sertkan, Hanbury",
        year: 2020,
        title:
          "Improving Efficient Neural Ranking Models with Cross-Architecture Knowledge Distillation",
        place: "the Margin-MSE loss",
      },
    ],
    picture:
      "a ──── p\na ──────────── n     the gap between the two is moved to Δ, from either side",
    when: "A stronger model (cross-encoder or embedding model) can score triplets; false negatives then get a small or negative Δ and do no harm.",
    relations:
      "triplet with a margin of its own for each row, and met from both sides. Cosine for margins of an embedding model, dot for a cross-encoder's.",
    evidence: "The paper teaches small passage rankers so, from a cross-encoder on MS MARCO.",
  },
  build: marginMseLoss,
});
