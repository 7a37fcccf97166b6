import { type InspectOptions, inspectFiles } from "../dataset/inspect/inspect-files.js";
import type { Inspection } from "../dataset/inspect/inspection.js";
import { openTokenCounter, type TokenCounterOptions } from "../encoder/token-counter.js";
import { collectGarbage } from "../runtime/collect-garbage.js";

export interface InspectJobOptions extends Omit<InspectOptions, "tokens">, TokenCounterOptions {
  /** Whether to count tokens with a model's tokenizer. Default true. */
  readonly tokens?: boolean | undefined;
}

/** Looks through files without training on them: kinds, columns, classes, scores, repeats, token lengths, findings. */
export function inspect(
  files: readonly string[],
  { tokens = true, ...options }: InspectJobOptions = {},
): Promise<Inspection> {
  const open = async () => {
    // What reading took is free again before the tokenizer needs as much.
    await collectGarbage();
    return openTokenCounter(options);
  };
  return inspectFiles(files, { ...options, tokens: tokens ? open : undefined });
}
