import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { defineObjective } from "./definition.js";
import { distillMseLoss } from "./distill-mse.js";
import { scaled } from "./masking.js";
import { cutTeacher, type DistillationInputs, distillationForm } from "./teacher.js";
import { oneMinus, rowSimilarity } from "./vectors.js";

/**
 * mean_i (1 − cos(s_i, t_i)) + mse · mean_id (s_id − t_id)² + gram · mean_ij (cos(s_i, s_j) − cos(t_i, t_j))²: the second part is
 * distill-mse, the third compares the similarity matrices of the batch (Tung & Mori 2019, similarity-preserving distillation, on unit
 * vectors).
 */
function distillCosineLoss(
  b: GraphBuilder,
  inputs: DistillationInputs,
  { mse, gram }: { readonly mse: number; readonly gram: number },
): Value {
  const { embeddings, teacher } = inputs;
  let loss = ops.reduceMean(b, oneMinus(b, rowSimilarity(b, "cosine", embeddings, teacher)));
  const plus = (weight: number, part: Value) => ops.add(b, loss, scaled(b, part, weight));
  if (mse !== 0) loss = plus(mse, distillMseLoss(b, inputs));
  if (gram === 0) return loss;
  const student = ops.cosineMatrix(b, embeddings, embeddings);
  const between = ops.sub(b, student, ops.cosineMatrix(b, teacher, teacher));
  return plus(gram, ops.reduceMean(b, ops.square(b, between)));
}

export const distillCosine = defineObjective({
  name: "distill-cosine",
  title: "Distillation by cosine",
  summary: "turns the student's vectors to the teacher's directions",
  rows: ["text"],
  forms: [distillationForm],
  options: {
    mse: {
      type: "number",
      min: 0,
      default: 0,
      description: "weight of the squared error of distill-mse, which teaches lengths too",
    },
    gram: {
      type: "number",
      min: 0,
      default: 0,
      description: "weight of the squared differences between the batch's similarity matrices",
    },
  },
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "mean (1 − cos(student, teacher)) + mse · mean (student − teacher)² + gram · mean_ij (cos(s_i, s_j) − cos(t_i, t_j))²",
    papers: [
      {
        authors: "Reimers, Gurevych",
        year: 2020,
        title: "Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation",
        place: "section 2, with the cosine in place of the squared error",
      },
      {
        authors: "Tung, Mori",
        year: 2019,
        title: "Similarity-Preserving Knowledge Distillation",
        place: "equation 4, on unit vectors, for gram",
      },
    ],
    picture: "student(x) ──↻── teacher(x)     (direction only)",
    when: "The embeddings will be compared by cosine, so their length is free.",
    relations: "distill-mse on unit vectors up to a factor: ‖x−y‖² = 2 − 2cos.",
    evidence: "No paper claims it for itself; it is distill-mse for models that normalise.",
  },
  build: distillCosineLoss,
  prefix: cutTeacher,
});
