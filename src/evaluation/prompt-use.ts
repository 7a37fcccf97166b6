import { type Prompts, type PromptUse, promptFor } from "../encoder/prompts.js";
import type { Embed, Evaluator, Side, Task } from "./metric.js";

/** Tasks in which one text asks and others answer. In all others the two sides are alike and get the default prompt. */
const asking: ReadonlySet<Task> = new Set(["retrieval", "pair-retrieval", "triplet"]);

/** What a text of a side is embedded as: a query or a document where the task has them. */
export function promptUse(task: Evaluator["task"], side: Side): PromptUse {
  return task !== "none" && asking.has(task) ? side : "other";
}

/** The evaluator for models that embed texts as they stand: it puts before each text the prompt of its side. A teacher gets bare texts. */
export function promptedEvaluator(evaluator: Evaluator, prompts: Prompts): Evaluator {
  const { task } = evaluator;
  return {
    ...evaluator,
    run: (embed, teacher) => {
      const prompted: Embed = (texts, side) => {
        const prompt = promptFor(prompts, promptUse(task, side));
        return embed(prompt === "" ? texts : texts.map((text) => prompt + text), side);
      };
      return evaluator.run(prompted, teacher);
    },
  };
}
