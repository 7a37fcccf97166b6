import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { ScoredPairInputs } from "./cosent.js";
import { defineObjective } from "./definition.js";
import { scoredPairForm } from "./pair-forms.js";
import { rowSimilarity } from "./vectors.js";

/** mean_i (cos_i − y_i)² with scores scaled to [0, 1] (Reimers & Gurevych 2019, section 3, regression objective). */
function cosineMseLoss(b: GraphBuilder, inputs: ScoredPairInputs): Value {
  const cos = rowSimilarity(b, "cosine", inputs.sentence1, inputs.sentence2);
  return ops.reduceMean(b, ops.square(b, ops.sub(b, cos, inputs.scores)));
}

export const cosineMse = defineObjective({
  name: "cosine-mse",
  title: "Cosine regression",
  summary: "fits the cosine of a pair to its score",
  rows: ["scored-pair"],
  forms: [scoredPairForm],
  options: {},
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula: "mean_i (cos(u_i, v_i) − y_i)²,  scores scaled to [0, 1]",
    papers: [
      {
        authors: "Reimers, Gurevych",
        year: 2019,
        title: "Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks",
        place: "section 3, regression objective",
      },
    ],
    picture: "u ──►◄── v   until the cosine is the score,\nu ◄── ──► v   from either side",
    when: "The cosine's value itself is to be read as a score. For ranking take cosent.",
    relations:
      "cosent asks for the order of the scores only. margin-mse fits differences of two similarities.",
    evidence:
      "STS-B test, BERT base: 84.67 after STS-B alone, 85.35 after NLI and STS-B (Sentence-BERT, table 2).",
  },
  build: cosineMseLoss,
});
