import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { fileError } from "../../files/files.js";
import { isObject } from "../../files/json-file.js";
import type { EvaluationRecord, LineRecord, StepRecord, WarningRecord } from "./events.js";

/**
 * A line of log.jsonl. `resumed` marks where a run went on; steps after it replace earlier lines of the same step. `base` has the
 * scores of the base model where training starts from something else (a head that reduces dimensions). `alpha` is a point of the
 * line from the start to the end of training with its scores. `test` has those of base and chosen model on the test part, at the end of a run.
 */
export type LogRecord =
  | StepRecord
  | EvaluationRecord
  | WarningRecord
  | { readonly resumed: number }
  | { readonly base: Readonly<Record<string, number>> }
  | LineRecord
  | {
      readonly test: Readonly<Record<"base" | "tuned", Readonly<Record<string, number>>>>;
    };

/** Appends records to a run's log. */
export interface RunLog {
  readonly append: (record: LogRecord) => void;
  /** Writes what waits: called before a checkpoint, so that a run going on from it finds every step up to it. */
  readonly flush: () => void;
  readonly close: () => void;
}

/** How long lines may wait in memory, in milliseconds: hundreds of steps a second share one write. */
const flushAfter = 250;

/**
 * Opens log.jsonl for appending. Whole lines are written at once; a last line that a killed process left
 * unfinished is cut off first, so the file is valid JSON Lines at any time. A full disk is a UserError.
 */
export function openLog(path: string): RunLog {
  cutUnfinishedLine(path);
  return lineLog(path, (record) => JSON.stringify(record));
}

/** A log of one line a record; records without a line are passed over. */
export function lineLog(path: string, lineOf: (record: LogRecord) => string | undefined): RunLog {
  const file = guarded(path, () => openSync(path, "a"));
  let pending = "";
  let written = performance.now();
  const flush = (): void => {
    const text = pending;
    pending = "";
    written = performance.now();
    guarded(path, () => writeAll(file, text));
  };
  return {
    append: (record) => {
      const line = lineOf(record);
      if (line === undefined) return;
      pending += `${line}\n`;
      if (!("loss" in record) || performance.now() - written > flushAfter) flush();
    },
    flush,
    close: () => {
      try {
        flush();
      } finally {
        closeSync(file);
      }
    },
  };
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileError(error, path);
  }
}

/** A disk that fills up takes only a part and fails at the next; the part is cut off when the log is opened again. */
function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; ) start += writeSync(file, bytes, start);
}

function cutUnfinishedLine(path: string): void {
  if (!existsSync(path)) return;
  guarded(path, () => {
    const end = readFileSync(path).lastIndexOf(0x0a) + 1;
    const file = openSync(path, "r+");
    ftruncateSync(file, end);
    closeSync(file);
  });
}

/** The records of a log, in order, an unfinished last line and damaged lines left out; none where there is no file. */
export function readLog(path: string): LogRecord[] {
  return linesOf(path).flatMap((line) => recordIn(line) ?? []);
}

/** Lines of a log that hold no record: a log tells of a run and decides nothing, so they are no reason to stop it. */
export function damagedLines(path: string): number {
  return linesOf(path).filter((line) => recordIn(line) === undefined).length;
}

function linesOf(path: string): string[] {
  if (!existsSync(path)) return [];
  const text = guarded(path, () => readFileSync(path, "utf8"));
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  return whole.split("\n").filter((line) => line !== "");
}

function recordIn(line: string): LogRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? (value as unknown as LogRecord) : undefined;
  } catch {
    return undefined;
  }
}

/** The records that hold: those after a step from which the run was resumed are left out, as are the marks themselves. */
export function effectiveRecords(records: readonly LogRecord[]): LogRecord[] {
  let kept: LogRecord[] = [];
  for (const record of records) {
    if ("resumed" in record) {
      kept = kept.filter((earlier) =>
        "step" in earlier
          ? earlier.step <= record.resumed
          : !("test" in earlier) && !("alpha" in earlier),
      );
    } else {
      kept.push(record);
    }
  }
  return kept;
}

/** A run that begins again from its start has no use for what it logged before. */
export function removeLogs(...paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}

/** One log that writes to several. */
export function bothLogs(first: RunLog, second: RunLog): RunLog {
  const each = (action: (log: RunLog) => void) => () => [first, second].forEach(action);
  return {
    append: (record) => each((log) => log.append(record))(),
    flush: each((log) => log.flush()),
    close: each((log) => log.close()),
  };
}
