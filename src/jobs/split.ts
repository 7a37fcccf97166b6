import { planSplit } from "../dataset/split-file/plan-split.js";
import { type SplitRecord, writeSplit } from "../dataset/split-file/write-split.js";
import { splitTable } from "./options/data.js";
import { type JobOptions, requireFile, resolveJob } from "./options/shared.js";

/** Into what to split and where it goes: `splitTable`. */
export type SplitJobOptions = JobOptions<typeof splitTable>;

/** Splits a file into parts that share no text and writes them. UserError: as planSplit and writeSplit. */
export async function splitFile(file: string, given: SplitJobOptions): Promise<SplitRecord> {
  requireFile(file, "split");
  const { out, overwrite, ...options } = resolveJob("split", splitTable, given);
  return writeSplit(await planSplit(file, options), out, overwrite);
}
