import type { WarningRecord } from "../run-folder/events.js";
import type { LogRecord, RunLog } from "../run-folder/log.js";
import { falseNegatives, noBetterThanChance, nothingToLearn, rateTooHigh } from "./loss-rules.js";
import { collapse, metricFalls } from "./metric-rules.js";
import type { Rule, Series, WatchedRun } from "./series.js";

/** The rules by the name that log.jsonl gives a warning. */
const rules: Readonly<Record<string, Rule>> = {
  collapse,
  chance: noBetterThanChance,
  "falling-metric": metricFalls,
  "false-negatives": falseNegatives,
  "rate-too-high": rateTooHigh,
  "nothing-to-learn": nothingToLearn,
};

interface WatchOptions {
  readonly run: WatchedRun;
  /** What a run that goes on had logged before, with its warnings; they are told again. */
  readonly before: readonly LogRecord[];
  readonly tell: (warning: WarningRecord) => void;
}

/** The log with a warning after each record that gives reason for one, once a run for each rule. */
export function watchedLog(log: RunLog, { run, before, tell }: WatchOptions): RunLog {
  const series = { run, updates: [], evaluations: [] } satisfies Series as Growing;
  const told = new Set<string>();
  for (const record of before) {
    take(series, record);
    if (!("warning" in record)) continue;
    told.add(record.warning);
    tell(record);
  }
  return {
    ...log,
    append: (record) => {
      log.append(record);
      if (!take(series, record)) return;
      for (const [warning, rule] of Object.entries(rules)) {
        const finding = told.has(warning) ? undefined : rule(series);
        if (finding === undefined) continue;
        told.add(warning);
        const step = series.updates.at(-1)?.step ?? 0;
        const { value, limit, message } = finding;
        const found: WarningRecord = { step, warning, value, limit, message };
        log.append(found);
        tell(found);
      }
    },
  };
}

type Growing = {
  readonly run: WatchedRun;
  readonly updates: Series["updates"][number][];
  readonly evaluations: Series["evaluations"][number][];
};

/** Whether the record is one that rules look at. */
function take(series: Growing, record: LogRecord): boolean {
  if ("loss" in record) series.updates.push(record);
  else if ("eval" in record) series.evaluations.push(record);
  else return false;
  return true;
}
