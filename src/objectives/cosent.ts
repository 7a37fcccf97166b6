import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { everyTwo } from "./classes.js";
import { scale } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { removeOthers, scaled } from "./masking.js";
import { scoredPairForm } from "./pair-forms.js";
import { rowSimilarity } from "./vectors.js";

/** u_i, v_i [B,D] and y_i [B], larger where they are more alike. */
export interface ScoredPairInputs {
  readonly sentence1: Value;
  readonly sentence2: Value;
  readonly scores: Value;
}

const cosentOptions = { scale: scale(20) };

/** log(1 + Σ_{y_kl > y_ij} e^(λ(cos_ij − cos_kl))) over all ordered pairs of rows (Su 2022). 0 when all scores are equal. */
function cosentLoss(
  b: GraphBuilder,
  inputs: ScoredPairInputs,
  { scale }: OptionsOf<typeof cosentOptions>,
): Value {
  const cos = rowSimilarity(b, "cosine", inputs.sentence1, inputs.sentence2);
  return rankingLoss(b, scaled(b, cos, scale), inputs.scores);
}

/** log(1 + Σ e^(s_i − s_j)) over the ordered pairs of rows with y_j > y_i; s and y are [B]. */
export function rankingLoss(b: GraphBuilder, similarities: Value, scores: Value): Value {
  const misordered = everyTwo(b, similarities, ops.sub);
  const counted = everyTwo(b, scores, ops.less);
  const terms = ops.reshape(b, removeOthers(b, misordered, counted), [-1]);
  const zero = ops.unsqueeze(b, ops.scalarLike(b, 0, terms), [0]);
  return ops.logSumExp(b, ops.concat(b, [zero, terms], 0), 0);
}

export const cosent = defineObjective({
  name: "cosent",
  title: "CoSENT",
  summary: "orders the cosines of all pairs of the batch as their scores are ordered",
  rows: ["scored-pair"],
  forms: [scoredPairForm],
  options: cosentOptions,
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "log(1 + Σ_{y_kl > y_ij} exp(λ(cos_ij − cos_kl)))  over all ordered pairs of rows of the batch",
    papers: [
      {
        authors: "Su",
        year: 2022,
        title: "CoSENT: a sentence-vector scheme more effective than Sentence-BERT",
        place: "the loss of the article (kexue.fm/archives/8847)",
      },
    ],
    picture:
      "score 4.8   u ─►◄─ v        nearer\nscore 2.1   u ── ── v          │  only the order counts,\nscore 0.3   u ◄─ ─► v       farther   not the values",
    when: "Graded similarity scores (STS). What is trained is the rank correlation that STS measures.",
    relations:
      "angle replaces the cosine by an angle of complex vectors. cosine-mse fits the values of the scores, this only their order.",
    evidence:
      "sentence-transformers' documentation reports faster convergence and better models than with cosine-mse, from anecdotal experiments.",
  },
  build: cosentLoss,
});
