import { type Prompts, type PromptTexts, promptTexts } from "../../encoder/prompts.js";
import { usageError } from "../../errors/user-error.js";
import { promptedEvaluator, promptUse } from "../../evaluation/prompt-use.js";
import { promptedBatches } from "../batches/prompted-batches.js";
import type { ObjectiveGroup } from "./objective-groups.js";
import type { TrainingPlan } from "./plan.js";

/** Whether the rows have anchors that ask and positives that answer; a single text beside itself has not. */
export function hasSides({ train, views }: Pick<ObjectiveGroup, "train" | "views">): boolean {
  return train.kind === "pair" && !views;
}

/** The text before each kind of text of the training rows. */
export function trainingPrompts(
  group: Pick<ObjectiveGroup, "train" | "views">,
  prompts: Prompts,
): PromptTexts {
  const texts = promptTexts(prompts);
  const { other } = texts;
  return hasSides(group) ? texts : { query: other, document: other, other };
}

/** The plan with the model's prompts before the texts that are trained on and measured: both embed texts as they stand. */
export function promptedPlan(plan: TrainingPlan, prompts: Prompts): TrainingPlan {
  return {
    ...plan,
    groups: plan.groups.map((group) => ({
      ...group,
      batches: promptedBatches(group.batches, trainingPrompts(group, prompts)),
    })),
    evaluator: promptedEvaluator(plan.evaluator, prompts),
  };
}

/** Usage error `option-without-effect` for prompts of queries and documents where neither rows nor evaluation have any. */
export function requireUsedPrompts(
  plan: Pick<TrainingPlan, "settings" | "groups" | "evaluator">,
): void {
  const { prompts } = plan.settings;
  if (prompts === undefined || Object.hasOwn(prompts, "default")) return;
  if (plan.groups.some(hasSides) || promptUse(plan.evaluator.task, "query") === "query") return;
  const kinds = plan.groups.map(({ views, train }) => (views ? "text" : train.kind));
  throw usageError(
    "option-without-effect",
    `--prompts ${Object.keys(prompts).join(" and ")} have no use: rows of kind ${kinds.join(" and ")} have neither queries nor documents`,
    'give one prompt for all texts: --prompts "text: "',
  );
}
