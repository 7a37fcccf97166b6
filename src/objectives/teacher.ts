import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import type { InputForm, PrefixCut } from "./definition.js";
import { firstDimensions } from "./matryoshka.js";
import type { Inputs } from "./roles.js";

/** The student's vectors and the teacher's for the same texts, both [B,D]. */
export interface DistillationInputs {
  readonly embeddings: Value;
  readonly teacher: Value;
}

export const distillationForm: InputForm = { required: ["embeddings", "teacher"], optional: [] };

/** A prefix of the student learns from the same prefix of the teacher. */
export function cutTeacher(b: GraphBuilder, inputs: Inputs, { dimension }: PrefixCut): Inputs {
  if (inputs.teacher === undefined) return inputs;
  return { ...inputs, teacher: firstDimensions(b, inputs.teacher, dimension) };
}
