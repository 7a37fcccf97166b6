import { inspectFiles } from "../dataset/inspect/inspect-files.js";
import type { Inspection } from "../dataset/inspect/inspection.js";
import { openTokenCounter, type TokenCounterOptions } from "../encoder/token-counter.js";
import { collectGarbage } from "../runtime/collect-garbage.js";
import { inspectTable } from "./options/data.js";
import { type JobOptions, requireFiles, resolveJob } from "./options/shared.js";

/** What to look at and how (`inspectTable`), and where the hub is. */
export type InspectJobOptions = JobOptions<typeof inspectTable> & Pick<TokenCounterOptions, "hub">;

/** Looks through files without training on them: kinds, columns, classes, scores, repeats, token lengths, findings. */
export async function inspect(
  files: readonly string[],
  { hub, ...given }: InspectJobOptions = {},
): Promise<Inspection> {
  requireFiles(files, "inspect");
  const { tokens, ...options } = resolveJob("inspect", inspectTable, given);
  const open = async () => {
    // What reading took is free again before the tokenizer needs as much.
    await collectGarbage();
    return openTokenCounter({ ...options, hub });
  };
  return inspectFiles(files, { ...options, tokens: tokens ? open : undefined });
}
