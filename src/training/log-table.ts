import { writeFileSync } from "node:fs";
import { fileError } from "../runtime/files.js";
import { type LogRecord, lineLog, type RunLog } from "./log.js";

/** Columns of an update; those of an evaluation are the evaluator's metrics. */
const stepColumns = ["step", "epoch", "loss", "gradNorm", "lr", "tokens", "msPerStep"] as const;

/**
 * Opens log.csv: a header, then a row an update and a row an evaluation, whose metrics stand in columns behind the update's. It is
 * begun with the records that hold so far, so a resumed run's table has every step once.
 */
export function openLogTable(
  path: string,
  metrics: readonly string[],
  before: readonly LogRecord[],
): RunLog {
  const rows = before.flatMap((record) => rowOf(record, metrics) ?? []);
  const lines = [[...stepColumns, ...metrics].join(","), ...rows];
  try {
    writeFileSync(path, `${lines.join("\n")}\n`);
  } catch (error) {
    throw fileError(error, path);
  }
  return lineLog(path, (record) => rowOf(record, metrics));
}

/** The row of a record; undefined where it has none. */
function rowOf(record: LogRecord, metrics: readonly string[]): string | undefined {
  if ("loss" in record) {
    const cells = stepColumns.map((name) => String(record[name]));
    return [...cells, ...metrics.map(() => "")].join(",");
  }
  if (!("eval" in record)) return undefined;
  const [, ...others] = stepColumns;
  const values = metrics.map((key) => String(record.eval[key] ?? ""));
  return [String(record.step), ...others.map(() => ""), ...values].join(",");
}
