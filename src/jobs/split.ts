import { planSplit, type SplitFileOptions } from "../dataset/split-file/plan-split.js";
import { type SplitRecord, writeSplit } from "../dataset/split-file/write-split.js";

export interface SplitJobOptions extends SplitFileOptions {
  /** Folder of the parts. */
  readonly out: string;
  /** Whether a folder that is there may be replaced. Default false. */
  readonly overwrite?: boolean | undefined;
}

/** Splits a file into parts that share no text and writes them. UserError: as planSplit and writeSplit. */
export async function splitFile(
  file: string,
  { out, overwrite = false, ...options }: SplitJobOptions,
): Promise<SplitRecord> {
  return writeSplit(await planSplit(file, options), out, overwrite);
}
