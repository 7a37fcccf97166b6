import { counted } from "../errors/counted.js";
import type { Comparison, Interval } from "../evaluation/bootstrap.js";
import { askedClause, correctedForSeveral, type ScoreReport } from "../evaluation/score-report.js";
import type { OptionValue } from "../options/option.js";
import { pValue, range, signed, times100 } from "./scores.js";
import { fittingTable } from "./table.js";

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
  /** What the rows ask, where that could be something else. */
  readonly asks?: string | undefined;
  readonly base: { readonly name: string; readonly value: number; readonly interval?: Interval };
  readonly runs: readonly ComparedRun[];
  /** The same on the rows that --test-part has set aside, which no run has seen. */
  readonly test?: ComparisonReport | undefined;
}

/** What a run contributes. */
export interface RunOutcome {
  readonly name: string;
  readonly objective: string;
  readonly objectiveOptions: Readonly<Record<string, OptionValue>>;
  readonly folder: string;
  readonly scores: ScoreReport;
  readonly test?: ScoreReport | undefined;
  readonly bestStep: number;
  readonly steps: number;
  readonly stoppedEarly: boolean;
  readonly seconds: number;
}

/** The outcomes side by side, by the metric that selected, and by that of the test part where all have one. */
export function comparisonReport(
  outcomes: readonly [RunOutcome, ...RunOutcome[]],
): ComparisonReport {
  const tested = outcomes.flatMap((outcome) =>
    outcome.test === undefined ? [] : [{ ...outcome, scores: outcome.test }],
  );
  const [first, ...others] = tested;
  return {
    ...reportOf(outcomes),
    test: first && tested.length === outcomes.length ? reportOf([first, ...others]) : undefined,
  };
}

function reportOf(outcomes: readonly [RunOutcome, ...RunOutcome[]]): ComparisonReport {
  const { scores } = outcomes[0];
  const { primary, file, rows, base, asks } = scores;
  return {
    metric: primary,
    measuredOn: file,
    rows,
    asks,
    base: { name: base?.name ?? "base", ...measured(base?.metrics ?? [], primary) },
    runs: correctedForSeveral(outcomes.map((outcome) => outcome.scores)).map((corrected, i) =>
      comparedRun({ ...outcomes[i], scores: corrected }, primary),
    ),
  };
}

function comparedRun(outcome: RunOutcome, metric: string): ComparedRun {
  const { scores, folder, test: _, ...rest } = outcome;
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

/** The runs, in tables or blocks of at most `width` characters, on the rows that selected and, where some were set aside, on those. */
export function formatComparison(report: ComparisonReport, width?: number): string {
  const { test } = report;
  const optimistic =
    "these rows selected each run's checkpoint, so the figures are optimistic: compare the runs here, measure the one you take on another file";
  if (test === undefined) return [...tableOf(report, width), optimistic].join("\n");
  const believed =
    "no run has seen these rows in training or selection: the figures to believe, as long as they do not choose among many runs";
  return [...tableOf(report, width), optimistic, "", ...tableOf(test, width), believed].join("\n");
}

/** One table: the base, then each run with its metric, its difference from the base, steps and time. */
function tableOf(report: ComparisonReport, width?: number): string[] {
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
  const table = fittingTable(
    [{ title: "run" }, ...titles.map((title) => ({ title, align: right }))],
    [first, ...rows],
    width,
  );
  return [
    `${report.measuredOn} (${counted(report.rows, "row")}${askedClause(report, report.measuredOn)}, scores ×100, 95 % bootstrap intervals)`,
    table,
    ...(tested && report.runs.length > 1
      ? ["p-values are corrected for the number of runs by Holm's method"]
      : []),
  ];
}

function testOf({ difference }: ComparedRun): string {
  return difference?.p === undefined ? "" : pValue(difference.adjustedP ?? difference.p);
}

function signedRange({ low, high }: Interval): string {
  return `${signed(low)}..${signed(high)}`;
}
