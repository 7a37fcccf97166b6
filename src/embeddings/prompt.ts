import { type Prompts, promptFor } from "../encoder/prompts.js";

/**
 * The text to put before every text: the model's prompt of that name, or else the asked text itself; where none is asked for, the
 * model's default.
 */
export function resolvePrompt(asked: string | undefined, model: Prompts): string {
  if (asked === undefined) return promptFor(model, "other");
  return (Object.hasOwn(model.prompts, asked) ? model.prompts[asked] : undefined) ?? asked;
}
