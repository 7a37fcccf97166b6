import type { KnownRows } from "../dataset/known-rows.js";
import { counted } from "../errors/counted.js";
import type { Analysis } from "./analysis/analyse.js";
import {
  type Comparison,
  compare,
  type Interval,
  metricInterval,
  type SampledMetric,
  sampleMetrics,
  verdictOf,
} from "./bootstrap.js";
import type { Evaluation } from "./metric.js";
import { holm } from "./permutation.js";
import type { RowChange, WonAndLost } from "./row-changes.js";
import type { Units } from "./units.js";

/** Fewer independent rows give no interval: its ends would be the ends of a handful of values. */
const LEAST_ROWS = 10;

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
  /** Where rows share texts: the number of groups that are drawn instead of rows, and the rows of the largest. */
  readonly groups?: Pick<Units, "count" | "largest" | "by"> | undefined;
  readonly primary: string;
  /** What the rows ask, where that could be something else: `unseen texts`, `among 366 positives of training rows too`. */
  readonly asks?: string | undefined;
  readonly model: { readonly name: string; readonly metrics: readonly ReportedMetric[] };
  readonly base?:
    | { readonly name: string; readonly metrics: readonly ReportedMetric[] }
    | undefined;
  readonly comparisons: readonly Comparison[];
  /** The file selected the run's checkpoint: its figures are optimistic and no verdict is given. */
  readonly selected: boolean;
  /** The model was trained on the file: its figures are partly memory and no verdict is given. */
  readonly trained?: boolean | undefined;
  /** Rows of the file that the model was trained on, where there are some: what it is better at may be memory. */
  readonly known?: KnownRows | undefined;
  /** `better | no clear difference | worse`, on the primary metric; absent without a base or with `selected`. */
  readonly verdict?: Comparison["verdict"] | undefined;
  /** What the figures cannot say, one sentence each. */
  readonly notes?: readonly string[] | undefined;
  /** How the models lay out the texts, and which rows have changed; where asked for. */
  readonly analysis?: AnalysisReport | undefined;
  /** The form in which vectors were measured, where it is not the model's own. */
  readonly dim?: number | undefined;
  readonly precision?: string | undefined;
}

/** `, among 366 positives of training rows too`, where the name that stands beside it does not say it. */
export function askedClause({ asks }: Pick<ScoreReport, "asks">, beside = ""): string {
  return asks === undefined || beside.endsWith(asks) ? "" : `, ${asks}`;
}

/** What `--analyse` and `--top` add. */
export interface AnalysisReport {
  readonly model?: Analysis | undefined;
  readonly base?: Analysis | undefined;
  /** Mean share of each text's 10 neighbours that base and model have in common. */
  readonly overlap?: number | undefined;
  readonly rows?: WonAndLost | undefined;
  readonly improved?: readonly RowChange[] | undefined;
  readonly harmed?: readonly RowChange[] | undefined;
}

interface ScoreInputs {
  readonly file: string;
  readonly primary: string;
  readonly model: { readonly name: string; readonly evaluation: Evaluation };
  readonly base?: { readonly name: string; readonly evaluation: Evaluation } | undefined;
  readonly selected: boolean;
  readonly trained?: boolean | undefined;
  readonly known?: KnownRows | undefined;
  /** Only the deciding metric gets interval and comparison: for tables that show no other. */
  readonly decidingOnly?: boolean | undefined;
  readonly seed?: number;
}

/** Intervals and paired comparisons of one file's evaluations, all on the same 10,000 resamples. */
export function scoreReport(inputs: ScoreInputs): ScoreReport {
  const { model, base, primary, seed = 42 } = inputs;
  const { rows, metrics, units } = model.evaluation;
  const enough = (units?.count ?? rows) >= LEAST_ROWS;
  const all = [...metrics, ...(base?.evaluation.metrics ?? [])].map((metric) =>
    inputs.decidingOnly === true && metric.key !== primary ? unsampled(metric) : metric,
  );
  const sampled = enough ? sampleMetrics(all, { rows, units, seed }) : all.map(unsampled);
  const tuned = sampled.slice(0, metrics.length);
  const before = sampled.slice(metrics.length);
  const comparisons = tuned.flatMap((metric) => {
    const same = before.find(({ key }) => key === metric.key);
    return same === undefined ? [] : (compare(same, metric, { units, seed }) ?? []);
  });
  return withVerdict({
    file: inputs.file,
    task: model.evaluation.task,
    rows,
    groups: units && { count: units.count, largest: units.largest, by: units.by },
    primary,
    asks: model.evaluation.asks,
    model: { name: model.name, metrics: tuned.map(reported) },
    base: base === undefined ? undefined : { name: base.name, metrics: before.map(reported) },
    comparisons,
    selected: inputs.selected,
    trained: inputs.trained,
    known: inputs.known,
    notes: notesOf(inputs, enough),
  });
}

/** Reports of several models on the same rows, the p-values of the deciding metric corrected for their number by Holm's method. */
export function correctedForSeveral(reports: readonly ScoreReport[]): ScoreReport[] {
  const compared = reports.flatMap((report) => deciding(report)?.p ?? []);
  if (compared.length < 2) return [...reports];
  const adjusted = holm(compared);
  let next = 0;
  return reports.map((report) => {
    const own = deciding(report);
    if (own?.p === undefined) return report;
    const adjustedP = adjusted[next++];
    const corrected = { ...own, adjustedP, verdict: verdictOf(own.interval, adjustedP) };
    const comparisons = report.comparisons.map((one) => (one === own ? corrected : one));
    return withVerdict({ ...report, comparisons });
  });
}

/** The comparison by the metric that decides. */
export function deciding({ comparisons, primary }: ScoreReport): Comparison | undefined {
  return comparisons.find(({ key }) => key === primary);
}

/** The report with another metric to decide. */
export function decidedBy(report: ScoreReport, primary: string): ScoreReport {
  return withVerdict({ ...report, primary });
}

function withVerdict(report: ScoreReport): ScoreReport {
  const seen = report.selected || report.trained === true;
  return { ...report, verdict: seen ? undefined : deciding(report)?.verdict };
}

function notesOf({ model, primary }: ScoreInputs, enough: boolean): string[] | undefined {
  const { rows, metrics, units } = model.evaluation;
  const few =
    units === undefined
      ? counted(rows, "row")
      : counted(units.count, "group of rows that share texts", "groups of rows that share texts");
  const undefinedKeys = metrics.filter(({ value }) => Number.isNaN(value)).map(({ key }) => key);
  const notes = [
    ...(units?.by === "rows"
      ? [
          "more than half of the rows are connected through shared texts, so rows are resampled one by one as if they were independent: intervals and p-values are smaller than they should be",
        ]
      : []),
    ...(enough
      ? []
      : [`${few} are too few for intervals or a verdict, expected at least ${LEAST_ROWS}`]),
    ...(undefinedKeys.length === 0
      ? []
      : [`undefined on these rows, whose values do not differ: ${undefinedKeys.join(", ")}`]),
    ...(metrics.some(({ key }) => key === "spearman_cosine_wmean")
      ? [
          `${primary} is of the rows of all subsets together ("all", the headline); spearman_cosine_mean is the mean of the subsets' ("mean"), spearman_cosine_wmean the mean by rows ("wmean")`,
        ]
      : []),
  ];
  return notes.length === 0 ? undefined : notes;
}

function unsampled({ key, value }: SampledMetric): Pick<SampledMetric, "key" | "value"> {
  return { key, value };
}

function reported(metric: SampledMetric): ReportedMetric {
  const interval = metricInterval(metric);
  const { key, value } = metric;
  return interval === undefined ? { key, value } : { key, value, interval };
}
