import type { TrainingPlan } from "../plan/plan.js";
import { type FileLosses, fileLosses } from "../run-folder/file-losses.js";
import {
  bothLogs,
  effectiveRecords,
  type LogRecord,
  openLog,
  type RunLog,
  readLog,
  removeLogs,
} from "../run-folder/log.js";
import { openLogTable } from "../run-folder/log-table.js";
import { runPaths } from "../run-folder/run-folder.js";

/** How the losses of each of several files went, as the log tells it, a resumed run's earlier part included. */
export function lossesOf({ files, settings }: TrainingPlan): ReadonlyMap<string, FileLosses> {
  if (files.length === 1) return new Map();
  return fileLosses(effectiveRecords(readLog(runPaths(settings.out).log)));
}

/**
 * The log of a run, and beside it the table where one was asked for; of a run that begins what was logged before is removed. `from`: the step
 * that a resumed run goes on from. `before` is what that run has logged up to there.
 */
export function openLogs(
  { settings, evaluator, files }: TrainingPlan,
  from: number | undefined,
): { readonly log: RunLog; readonly before: readonly LogRecord[] } {
  const { log, table } = runPaths(settings.out);
  if (from === undefined) removeLogs(log, table);
  const lines = openLog(log);
  const resumed = { resumed: from ?? 0 };
  const before = effectiveRecords([...readLog(log), resumed]);
  if (settings.logFormat !== "csv") return { log: lines, before };
  const byFile = files.length === 1 ? [] : files.map(({ file }) => file);
  const columns = { metrics: evaluator.keys, files: byFile };
  return { log: bothLogs(lines, openLogTable(table, columns, before)), before };
}
