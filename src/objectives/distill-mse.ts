import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import { defineObjective } from "./definition.js";
import { cutTeacher, type DistillationInputs, distillationForm } from "./teacher.js";

/** Mean over rows and dimensions of (student − teacher)² (Reimers & Gurevych 2020, equation 1, one language). */
export function distillMseLoss(
  b: GraphBuilder,
  { embeddings, teacher }: DistillationInputs,
): Value {
  return ops.reduceMean(b, ops.square(b, ops.sub(b, embeddings, teacher)));
}

export const distillMse = defineObjective({
  name: "distill-mse",
  title: "Distillation by squared error",
  summary: "makes the student's vectors equal the teacher's",
  rows: ["text"],
  forms: [distillationForm],
  options: {},
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula: "mean over rows and dimensions of (student − teacher)²",
    papers: [
      {
        authors: "Reimers, Gurevych",
        year: 2020,
        title: "Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation",
        place: "equation 1",
      },
    ],
    picture: "student(x) ──► teacher(x)     (nothing is pushed)",
    when: "A small model is to stand in for a large one of the same dimension, lengths included.",
    relations:
      "distill-cosine leaves the length free; margin-mse teaches differences of similarities only, so the dimensions may differ.",
    evidence: "The paper carries an English model over to 50 languages in this way.",
  },
  build: distillMseLoss,
  prefix: cutTeacher,
});
