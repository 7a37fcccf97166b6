import type { KeptEvaluation } from "../../training/run-folder/kept-evaluation.js";
import type { LogRecord } from "../../training/run-folder/log.js";
import type { RunRecord } from "../../training/run-folder/run-folder.js";

/** Everything that a run folder tells of a run. */
export interface RunData {
  readonly folder: string;
  readonly record: RunRecord;
  /** The records of log.jsonl that hold. */
  readonly log: readonly LogRecord[];
  /** Rows and vectors of the selecting data; absent in runs of older versions and where nothing is measured. */
  readonly kept?: KeptEvaluation | undefined;
}
