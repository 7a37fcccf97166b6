import { type Prompts, type PromptUse, promptFor } from "../encoder/prompts.js";
import type { Embed, Evaluator, Side, Sides } from "./metric.js";

/** What a text of a side is embedded as: a query or a document where one asks and the other answers, else neither. */
export function promptUse(sides: Sides, side: Side): PromptUse {
  return sides === "asking" ? side : "other";
}

/** The evaluator for models that embed texts as they stand: it puts before each text the prompt of its side. A teacher gets bare texts. */
export function promptedEvaluator(evaluator: Evaluator, prompts: Prompts): Evaluator {
  return {
    ...evaluator,
    run: (embed, teacher) => evaluator.run(promptedEmbed(embed, evaluator.sides, prompts), teacher),
  };
}

/** Puts before each text the prompt of its side. */
export function promptedEmbed(embed: Embed, sides: Sides, prompts: Prompts): Embed {
  return (texts, side) => {
    const prompt = promptFor(prompts, promptUse(sides, side));
    return embed(prompt === "" ? texts : texts.map((text) => prompt + text), side);
  };
}
