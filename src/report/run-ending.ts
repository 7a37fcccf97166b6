import { askedClause, deciding, type ScoreReport } from "../evaluation/score-report.js";
import type { LogRecord } from "../training/run-folder/log.js";
import { type RunRecord, runPaths } from "../training/run-folder/run-folder.js";
import { knownClause, range, signed, times100 } from "./scores.js";

/** A finished run, as its last screen tells it. */
interface RunEnding {
  readonly folder: string;
  readonly record: RunRecord;
  /** Records of its log that hold. */
  readonly log: readonly LogRecord[];
  /** Where its report is, if one was written. */
  readonly report?: string | undefined;
}

/** Most characters of a sparkline. */
const WIDTH = 40;
const BLOCKS = [..."▁▂▃▄▅▆▇█"];

/** A path as a shell takes it: as it is, or in quotes. */
export function shellWord(path: string): string {
  return /^[\w./\\:-]+$/.test(path) ? path : JSON.stringify(path);
}

/** What came of a run, how it went, what to look at and what to do next, a line each. */
export function formatEnding({ folder, record, log, report }: RunEnding): string {
  const run = shellWord(folder);
  const [measure, use] = nextSteps(record.metric);
  const { notes = [] } = record;
  const warned = `${notes.length}, shown above${report === undefined ? "" : " and in the report"}`;
  const lines: [string, string | undefined][] = [
    [record.metric, changeLine(record.result?.scores)],
    ["test part", changeLine(record.result?.test)],
    ["by step", curveLine(record, log)],
    ["remarks", notes.length === 0 ? undefined : warned],
    ["model", runPaths(folder).model],
    ["report", report],
    ["next", `embtune ${measure} --model ${run}`],
    ["", `embtune ${use} --model ${run}`],
  ];
  const shown = lines.filter(([, text]) => text !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join("\n");
}

/** What to do with a run by what its rows were: judged queries are measured with their documents, pairs of 0/1 are after duplicates. */
function nextSteps(metric: string): [measure: string, use: string] {
  const measure = metric.includes("ndcg")
    ? "evaluate OTHER-QUERIES.csv --corpus CORPUS.csv --qrels QRELS.csv"
    : "evaluate OTHER-ROWS.csv";
  const use = metric.endsWith("_ap") ? "similar TEXTS.txt --threshold 0.8" : "search TEXTS.txt";
  return [measure, use];
}

/** `31.47 → 42.76  +11.29 (95 % CI 6.30..17.13), better`; nothing where nothing was measured. */
function changeLine(scores: ScoreReport | undefined): string | undefined {
  const own = scores?.model.metrics.find(({ key }) => key === scores.primary);
  const base = scores?.base?.metrics.find(({ key }) => key === scores.primary);
  if (scores === undefined || own === undefined || base === undefined) return undefined;
  const change = deciding(scores);
  const interval = change === undefined ? "" : ` (95 % CI ${range(change.interval)})`;
  const verdict = scores.verdict === undefined ? "" : `, ${scores.verdict}`;
  const remark =
    (scores.selected ? ", on the rows that selected it" : verdict) +
    askedClause(scores) +
    knownClause(scores);
  return `${times100(base.value)} → ${times100(own.value)}  ${signed(own.value - base.value)}${interval}${remark}`;
}

function curveLine({ metric }: RunRecord, log: readonly LogRecord[]): string | undefined {
  const values = log.flatMap((one) =>
    "eval" in one && Number.isFinite(one.eval[metric]) ? [one.eval[metric]] : [],
  );
  if (values.length < 2) return undefined;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return `${sparkline(values)}  ${times100(low)}..${times100(high)}`;
}

/** Values as blocks of eight heights, from the least to the greatest; of more than 40 the last of each equal part. */
function sparkline(values: readonly number[]): string {
  const count = Math.min(values.length, WIDTH);
  const shown = Array.from(
    { length: count },
    (_, i) => values[Math.floor(((i + 1) * values.length) / count) - 1],
  );
  const [low, high] = [Math.min(...shown), Math.max(...shown)];
  const height = (value: number): number =>
    high === low ? 0 : Math.round(((value - low) / (high - low)) * (BLOCKS.length - 1));
  return shown.map((value) => BLOCKS[height(value)]).join("");
}
