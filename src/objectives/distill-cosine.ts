import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { defineObjective } from "./definition.js";
import { cutTeacher, type DistillationInputs, distillationForm } from "./teacher.js";
import { oneMinus, rowSimilarity } from "./vectors.js";

/** mean_i (1 − cos(student_i, teacher_i)). */
function distillCosineLoss(b: GraphBuilder, { embeddings, teacher }: DistillationInputs): Value {
  return ops.reduceMean(b, oneMinus(b, rowSimilarity(b, "cosine", embeddings, teacher)));
}

export const distillCosine = defineObjective({
  name: "distill-cosine",
  title: "Distillation by cosine",
  summary: "turns the student's vectors to the teacher's directions",
  rows: ["text"],
  forms: [distillationForm],
  options: {},
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula: "mean (1 − cos(student, teacher))",
    papers: [
      {
        authors: "Reimers, Gurevych",
        year: 2020,
        title: "Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation",
        place: "section 2, with the cosine in place of the squared error",
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
