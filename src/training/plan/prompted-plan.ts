import { type Prompts, type PromptTexts, promptTexts } from "../../encoder/prompts.js";
import { usageError } from "../../errors/user-error.js";
import type { Evaluator } from "../../evaluation/metric.js";
import { promptedEvaluator, promptUse } from "../../evaluation/prompt-use.js";
import { numberTexts, type RunTexts } from "../batches/run-texts.js";
import type { TrainSettings } from "../options/settings.js";
import type { TestPart } from "../selection/test-part.js";
import type { ObjectiveGroup } from "./objective-groups.js";

/** Whether the rows have anchors that ask and positives that answer; a single text beside itself has not. */
function hasSides({ train, views }: Pick<ObjectiveGroup, "train" | "views">): boolean {
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

/** What of a plan has to do with prompts. */
interface Prompted {
  readonly groups: readonly ObjectiveGroup[];
  readonly texts: RunTexts;
  readonly evaluator: Evaluator;
  readonly test?: TestPart | undefined;
}

/** The plan with the model's prompts before the texts that are trained on and measured: both embed texts as they stand. */
export function promptedPlan<Plan extends Prompted>(plan: Plan, prompts: Prompts): Plan {
  return {
    ...plan,
    texts: numberTexts(
      plan.groups.map((group) => ({
        batches: group.batches,
        prompts: trainingPrompts(group, prompts),
      })),
    ),
    evaluator: promptedEvaluator(plan.evaluator, prompts),
    test: plan.test && {
      ...plan.test,
      evaluator: promptedEvaluator(plan.test.evaluator, prompts),
    },
  };
}

/** Usage error `option-without-effect` for prompts of queries and documents where neither rows nor evaluation have any. */
export function requireUsedPrompts(
  plan: Omit<Prompted, "texts"> & { readonly settings: TrainSettings },
): void {
  const { prompts } = plan.settings;
  if (prompts === undefined || Object.hasOwn(prompts, "default")) return;
  if (plan.groups.some(hasSides) || promptUse(plan.evaluator.sides, "query") === "query") return;
  const kinds = plan.groups.map(({ views, train }) => (views ? "text" : train.kind));
  throw usageError(
    "option-without-effect",
    `--prompts ${Object.keys(prompts).join(" and ")} have no use: rows of kind ${kinds.join(" and ")} have neither queries nor documents`,
    'give one prompt for all texts: --prompts "text: "',
  );
}
