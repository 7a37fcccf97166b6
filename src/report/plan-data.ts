import { preview } from "../dataset/preview.js";
import type { Prompts } from "../encoder/prompts.js";
import { internal } from "../errors/internal.js";
import { groupNumber } from "../training/batches/run-texts.js";
import type { TrainingPlan } from "../training/plan/plan.js";
import { trainingPrompts } from "../training/plan/prompted-plan.js";
import { formatDataSummary } from "./data-summary.js";

/** What was made of each training file, with its first rows as the model will see them. */
export function formatTrainingData(plan: TrainingPlan, prompts: Prompts): string[] {
  return plan.files.map(({ data, train, first }) => {
    const task = plan.groups[groupNumber(plan.groups, Int32Array.of(first))];
    if (task === undefined) internal("a file of no task");
    const texts = trainingPrompts(task, prompts);
    const alone = plan.files.length === 1;
    const rows = alone ? preview(task.seen, 2, texts) : preview(train, 1, texts);
    const twice = data.kind === "text" && train.kind === "pair" ? [singleTexts] : [];
    return [formatDataSummary(data, rows), ...twice].join("\n");
  });
}

/** Someone who meant pairs sees here that they were not found, and how they are written. */
const singleTexts =
  "  note     a row holds one text, so each text is trained as its own positive, in two views, with the other texts as negatives;\n" +
  "           to train on texts that belong together, put them side by side: a first line anchor,positive, then a pair a row (docs/data-formats.md)";
