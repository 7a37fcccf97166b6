import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import type { EvaluationRecord, StepRecord } from "./events.js";

/**
 * A line of log.jsonl. `resumed` marks where a run went on; steps after it replace earlier lines of the same step. `base` has the
 * scores of the base model where training starts from something else (a head that reduces dimensions).
 */
export type LogRecord =
  | StepRecord
  | EvaluationRecord
  | { readonly resumed: number }
  | { readonly base: Readonly<Record<string, number>> };

/** Appends records to a run's log.jsonl. */
export interface RunLog {
  readonly append: (record: LogRecord) => void;
  readonly close: () => void;
}

/** How long lines may wait in memory, in milliseconds: hundreds of steps a second share one write. */
const flushAfter = 250;

/**
 * Opens log.jsonl for appending. Whole lines are written at once; a last line that a killed process left
 * unfinished is cut off first, so the file is valid JSON Lines at any time.
 */
export function openLog(path: string): RunLog {
  cutUnfinishedLine(path);
  const file = openSync(path, "a");
  let pending = "";
  let written = performance.now();
  const flush = (): void => {
    if (pending !== "") writeSync(file, pending);
    pending = "";
    written = performance.now();
  };
  return {
    append: (record) => {
      pending += `${JSON.stringify(record)}\n`;
      if (!("loss" in record) || performance.now() - written > flushAfter) flush();
    },
    close: () => {
      flush();
      closeSync(file);
    },
  };
}

function cutUnfinishedLine(path: string): void {
  if (!existsSync(path)) return;
  const end = readFileSync(path).lastIndexOf(0x0a) + 1;
  const file = openSync(path, "r+");
  ftruncateSync(file, end);
  closeSync(file);
}

/** The records of a log, in order, an unfinished last line left out. */
export function readLog(path: string): LogRecord[] {
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as LogRecord);
}
