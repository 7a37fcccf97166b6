import { objectives } from "../../objectives/registry.js";
import type { TrainRows } from "./row.js";

const other = { type: "text", group: "Objective" } as const;

/** The objective, other models that it learns from, and what computes. The objective's own options stand in its definition. */
export const objectiveRows = {
  objective: {
    common: true,
    ...other,
    default: "infonce",
    compared: "shared",
    placeholder: "name",
    examples: objectives.map(({ name }) => name),
    description: "loss to train with, or several to compare (a,b,c): embtune objectives",
  },
  objectiveOptions: {
    type: "object",
    default: {},
    group: "Objective",
    compared: "shared",
    place: "config",
    description: "options of the objective, by the names of its table",
  },
  objectives: {
    type: "object",
    group: "Objective",
    resume: "free",
    compared: "shared",
    place: "config",
    description: "objectives of files that have one of their own, by the names of the files",
  },
  guide: {
    ...other,
    resume: "free",
    placeholder: "model",
    description:
      "model that finds false negatives: candidates nearer to the anchor than its positive; base: the base itself",
  },
  teacher: {
    ...other,
    resume: "free",
    placeholder: "model",
    description: "model to imitate, for distill-mse, distill-cosine and margin-mse",
  },
  teacherVectors: {
    ...other,
    resume: "free",
    compared: "shared",
    placeholder: "file",
    description:
      ".npy file with the teacher's vector of each row of the data, in place of --teacher",
  },
} as const satisfies TrainRows;
