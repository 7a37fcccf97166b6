import { writeFileSync } from "node:fs";
import { fileError } from "../../files/files.js";
import { type LogRecord, lineLog, type RunLog } from "./log.js";

/** Columns of an update; those of an evaluation are the evaluator's metrics. */
const stepColumns = ["step", "epoch", "loss", "gradNorm", "lr", "tokens", "msPerStep"] as const;

/** What the columns of a table are besides those of every update. */
interface LogColumns {
  /** Keys of the evaluator. */
  readonly metrics: readonly string[];
  /** Files whose losses have a column each; none where there is one file. */
  readonly files: readonly string[];
}

/**
 * Opens log.csv: a header, then a row an update and a row an evaluation. Columns: those of every update, `loss FILE` where there are several
 * files, the metrics. It is begun with the records that hold so far, so a resumed run's table has every step once.
 */
export function openLogTable(
  path: string,
  columns: LogColumns,
  before: readonly LogRecord[],
): RunLog {
  const rows = before.flatMap((record) => rowOf(record, columns) ?? []);
  const byFile = columns.files.map((file) => quoted(`loss ${file}`));
  const lines = [[...stepColumns, ...byFile, ...columns.metrics].join(","), ...rows];
  try {
    writeFileSync(path, `${lines.join("\n")}\n`);
  } catch (error) {
    throw fileError(error, path);
  }
  return lineLog(path, (record) => rowOf(record, columns));
}

/** The row of a record; undefined where it has none. */
function rowOf(record: LogRecord, { metrics, files }: LogColumns): string | undefined {
  if ("loss" in record) {
    const cells = stepColumns.map((name) => String(record[name]));
    const byFile = files.map((file) => String(record.losses?.[file] ?? ""));
    return [...cells, ...byFile, ...metrics.map(() => "")].join(",");
  }
  if (!("eval" in record) || metrics.length === 0) return undefined;
  const [, ...others] = stepColumns;
  const empty = [...others, ...files].map(() => "");
  const values = metrics.map((key) => String(record.eval[key] ?? ""));
  return [String(record.step), ...empty, ...values].join(",");
}

/** File names may hold commas and quotes. */
function quoted(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
