import {
  type Comparison,
  compare,
  type Interval,
  metricInterval,
  type SampledMetric,
  sampleMetrics,
} from "./bootstrap.js";
import type { Evaluation } from "./metric.js";

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
  readonly base?:
    | { readonly name: string; readonly metrics: readonly ReportedMetric[] }
    | undefined;
  readonly comparisons: readonly Comparison[];
  /** The file selected the run's checkpoint: its figures are optimistic and no verdict is given. */
  readonly selected: boolean;
  /** The run was trained on the file: its figures are memory and no verdict is given. */
  readonly trained: boolean;
  /** `better | no clear difference | worse`, on the primary metric; absent without a base, with `selected` or `trained`. */
  readonly verdict?: Comparison["verdict"] | undefined;
}

export interface ScoreInputs {
  readonly file: string;
  readonly primary: string;
  readonly model: { readonly name: string; readonly evaluation: Evaluation };
  readonly base?: { readonly name: string; readonly evaluation: Evaluation } | undefined;
  readonly selected: boolean;
  readonly trained?: boolean | undefined;
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
    base: base === undefined ? undefined : { name: base.name, metrics: before.map(reported) },
    comparisons,
    selected: inputs.selected,
    trained: inputs.trained ?? false,
    verdict:
      deciding === undefined || inputs.selected || inputs.trained ? undefined : deciding.verdict,
  };
}

function reported(metric: SampledMetric): ReportedMetric {
  const interval = metricInterval(metric);
  const { key, value } = metric;
  return interval === undefined ? { key, value } : { key, value, interval };
}
