import {
  type Comparison,
  compare,
  type Interval,
  metricInterval,
  type SampledMetric,
  sampleMetrics,
} from "../evaluation/bootstrap.js";
import type { Evaluation } from "../evaluation/metric.js";
import { formatTable } from "./table.js";

/** A metric as it is reported: 0–1, with its 95 % bootstrap interval where rows can be resampled. */
export interface ReportedMetric {
  readonly key: string;
  readonly value: number;
  readonly interval?: Interval;
}

/** One measuring file: the model's scores and, where a base was given, the comparison on the same rows. */
export interface ScoreReport {
  readonly file: string;
  readonly task: string;
  readonly rows: number;
  readonly primary: string;
  readonly model: { readonly name: string; readonly metrics: readonly ReportedMetric[] };
  readonly base?: { readonly name: string; readonly metrics: readonly ReportedMetric[] };
  readonly comparisons: readonly Comparison[];
  /** The file selected the run's checkpoint: its figures are optimistic and no verdict is given. */
  readonly selected: boolean;
  /** `better | no clear difference | worse`, on the primary metric; absent without a base or with `selected`. */
  readonly verdict?: Comparison["verdict"];
}

export interface ScoreInputs {
  readonly file: string;
  readonly primary: string;
  readonly model: { readonly name: string; readonly evaluation: Evaluation };
  readonly base?: { readonly name: string; readonly evaluation: Evaluation };
  readonly selected: boolean;
  readonly seed?: number;
}

/** Intervals and paired comparisons of one file's evaluations, all on the same 10,000 resamples. */
export function scoreReport(inputs: ScoreInputs): ScoreReport {
  const { model, base, primary } = inputs;
  const { rows, metrics } = model.evaluation;
  const sampled = sampleMetrics([...metrics, ...(base?.evaluation.metrics ?? [])], {
    rows,
    seed: inputs.seed ?? 42,
  });
  const tuned = sampled.slice(0, metrics.length);
  const before = sampled.slice(metrics.length);
  const comparisons = tuned.flatMap((metric) => {
    const same = before.find(({ key }) => key === metric.key);
    return same === undefined ? [] : (compare(same, metric) ?? []);
  });
  const deciding = comparisons.find(({ key }) => key === primary);
  return {
    file: inputs.file,
    task: model.evaluation.task,
    rows,
    primary,
    model: { name: model.name, metrics: tuned.map(reported) },
    ...(base === undefined ? {} : { base: { name: base.name, metrics: before.map(reported) } }),
    comparisons,
    selected: inputs.selected,
    ...(deciding === undefined || inputs.selected ? {} : { verdict: deciding.verdict }),
  };
}

function reported(metric: SampledMetric): ReportedMetric {
  const interval = metricInterval(metric);
  const { key, value } = metric;
  return interval === undefined ? { key, value } : { key, value, interval };
}

/** Scores ×100 with two decimals, as the literature prints them. */
export function times100(value: number): string {
  return Number.isFinite(value) ? (100 * value).toFixed(2) : "–";
}

const signed = (value: number): string => (value < 0 ? "" : "+") + times100(value);

const range = (interval: Interval | undefined): string =>
  interval === undefined ? "" : `${times100(interval.low)}..${times100(interval.high)}`;

/** The table of one file and, as its last line, the verdict. */
export function formatScores(report: ScoreReport): string {
  const heading = `${report.file} (${report.task}, ${report.rows} rows, scores ×100, 95 % bootstrap intervals)`;
  return [heading, scoreTable(report), ...closing(report)].join("\n");
}

function scoreTable(report: ScoreReport): string {
  const { base } = report;
  const right = "right" as const;
  if (base === undefined) {
    return formatTable(
      [{ title: "metric" }, { title: "score", align: right }, { title: "95 % CI", align: right }],
      report.model.metrics.map(({ key, value, interval }) => [
        key,
        times100(value),
        range(interval),
      ]),
    );
  }
  const rows = report.model.metrics.map(({ key, value, interval }) => {
    const before = base.metrics.find((metric) => metric.key === key);
    const change = report.comparisons.find((comparison) => comparison.key === key);
    return [
      key,
      before === undefined ? "" : times100(before.value),
      times100(value),
      range(interval),
      change === undefined ? "" : signed(change.difference),
      change === undefined ? "" : `${signed(change.interval.low)}..${signed(change.interval.high)}`,
    ];
  });
  const titles = ["base", "tuned", "95 % CI", "difference", "95 % CI"];
  return formatTable(
    [{ title: "metric" }, ...titles.map((title) => ({ title, align: right }))],
    rows,
  );
}

function closing(report: ScoreReport): string[] {
  if (report.selected) {
    return [
      "no verdict: this file selected the checkpoint, so its figures are optimistic; measure on another file",
    ];
  }
  const deciding = report.comparisons.find(({ key }) => key === report.primary);
  return report.verdict === undefined || deciding === undefined
    ? []
    : [verdictLine(deciding, report.rows)];
}

/** `verdict: better (+1.23, 95 % CI +0.40..+2.05, n 1500)`. */
export function verdictLine(comparison: Comparison, rows: number): string {
  const { verdict, difference, interval } = comparison;
  const ci = `${signed(interval.low)}..${signed(interval.high)}`;
  return `verdict: ${verdict} (${signed(difference)}, 95 % CI ${ci}, n ${rows})`;
}
