import type { EncoderInfo } from "../../encoder/encoder.js";

/** What was asked for. */
export interface PromptOptions {
  readonly prompt?: string | undefined;
  readonly prompts?: Readonly<Record<string, string>> | undefined;
}

/**
 * The text to put before every text: a prompt of that name among those given and the model's, or else the given text itself; without
 * any, the model's default.
 */
export function resolvePrompt({ prompt, prompts }: PromptOptions, info: EncoderInfo): string {
  if (prompt === undefined) return info.defaultPrompt;
  return { ...info.prompts, ...prompts }[prompt] ?? prompt;
}
