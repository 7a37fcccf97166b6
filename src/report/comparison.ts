import type { Comparison, Interval } from "../evaluation/bootstrap.js";
import { correctedForSeveral, type ScoreReport } from "../evaluation/score-report.js";
import type { OptionValue } from "../options/option.js";
import { pValue, range, signed, times100 } from "./scores.js";
import { formatTable } from "./table.js";

/** One run of a comparison: its score on the selecting data at its best step. */
interface ComparedRun {
  readonly name: string;
  readonly objective: string;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  /** Run folder. */
  readonly run: string;
  readonly value: number;
  readonly interval?: Interval;
  /** Against the base, on the same resamples. */
  readonly difference?:
    | Pick<Comparison, "difference" | "interval" | "p" | "adjustedP" | "verdict">
    | undefined;
  readonly bestStep: number;
  readonly steps: number;
  readonly stoppedEarly: boolean;
  readonly seconds: number;
}

/** Runs that were trained from the same start, measured on the same rows. */
export interface ComparisonReport {
  /** Key of the metric that is compared. */
  readonly metric: string;
  /** The rows that it was measured on, which also selected each run's checkpoint. */
  readonly measuredOn: string;
  readonly rows: number;
  readonly base: { readonly name: string; readonly value: number; readonly interval?: Interval };
  readonly runs: readonly ComparedRun[];
}

/** What a run contributes. */
export interface RunOutcome {
  readonly name: string;
  readonly objective: string;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  readonly folder: string;
  readonly scores: ScoreReport;
  readonly bestStep: number;
  readonly steps: number;
  readonly stoppedEarly: boolean;
  readonly seconds: number;
}

/** The outcomes side by side, by the metric that selected. */
export function comparisonReport(
  outcomes: readonly [RunOutcome, ...RunOutcome[]],
): ComparisonReport {
  const { scores } = outcomes[0];
  const { primary, file, rows, base } = scores;
  return {
    metric: primary,
    measuredOn: file,
    rows,
    base: { name: base?.name ?? "base", ...measured(base?.metrics ?? [], primary) },
    runs: correctedForSeveral(outcomes.map((outcome) => outcome.scores)).map((corrected, i) =>
      comparedRun({ ...outcomes[i], scores: corrected }, primary),
    ),
  };
}

function comparedRun(outcome: RunOutcome, metric: string): ComparedRun {
  const { scores, folder, ...rest } = outcome;
  const change = scores.comparisons.find(({ key }) => key === metric);
  return {
    ...rest,
    run: folder,
    ...measured(scores.model.metrics, metric),
    difference:
      change === undefined
        ? undefined
        : {
            difference: change.difference,
            interval: change.interval,
            p: change.p,
            adjustedP: change.adjustedP,
            verdict: change.verdict,
          },
  };
}

function measured(metrics: ScoreReport["model"]["metrics"], metric: string) {
  const found = metrics.find(({ key }) => key === metric);
  const value = found?.value ?? Number.NaN;
  return found?.interval === undefined ? { value } : { value, interval: found.interval };
}

/** One table: the base, then each run with its metric, its difference from the base, steps and time. */
export function formatComparison(report: ComparisonReport): string {
  const right = "right" as const;
  const tested = report.runs.some(({ difference }) => difference?.p !== undefined);
  const test = tested ? ["p"] : [];
  const titles = [
    report.metric,
    ...["95 % CI", "vs base", "95 % CI", ...test, "best step", "steps", "time"],
  ];
  const { base } = report;
  const first = [
    base.name,
    times100(base.value),
    range(base.interval),
    ...titles.slice(2).map(() => ""),
  ];
  const rows = report.runs.map((run) => [
    run.name,
    times100(run.value),
    range(run.interval),
    run.difference === undefined ? "" : signed(run.difference.difference),
    run.difference === undefined ? "" : signedRange(run.difference.interval),
    ...(tested ? [testOf(run)] : []),
    String(run.bestStep),
    `${run.steps}${run.stoppedEarly ? " (stopped early)" : ""}`,
    `${run.seconds.toFixed(1)}s`,
  ]);
  const table = formatTable(
    [{ title: "run" }, ...titles.map((title) => ({ title, align: right }))],
    [first, ...rows],
  );
  return [
    `${report.measuredOn} (${report.rows} rows, scores ×100, 95 % bootstrap intervals)`,
    table,
    ...(tested && report.runs.length > 1
      ? ["p-values are corrected for the number of runs by Holm's method"]
      : []),
    "these rows selected each run's checkpoint, so the figures are optimistic: compare the runs here, measure the one you take on another file",
  ].join("\n");
}

function testOf({ difference }: ComparedRun): string {
  return difference?.p === undefined ? "" : pValue(difference.adjustedP ?? difference.p);
}

function signedRange({ low, high }: Interval): string {
  return `${signed(low)}..${signed(high)}`;
}
