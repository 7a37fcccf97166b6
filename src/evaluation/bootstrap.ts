import { createRandom } from "../math/random.js";
import { quantile } from "../math/statistics.js";
import type { Metric } from "./metric.js";
import type { Resampled } from "./resampling.js";

/** A percentile interval of a bootstrap distribution. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The difference tuned − base of one metric on the same rows. */
export interface Comparison {
  readonly key: string;
  readonly base: number;
  readonly tuned: number;
  readonly difference: number;
  readonly interval: Interval;
  readonly verdict: "better" | "no clear difference" | "worse";
}

export interface BootstrapOptions {
  /** Rows to draw from, with replacement, as many as there are. */
  readonly rows: number;
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * The values of the statistics on the same `resamples` (10,000) bootstrap resamples of the rows (Efron 1979):
 * one array a statistic, paired by index. A resample on which a statistic is undefined (NaN) is dropped from all.
 */
export function bootstrap(
  statistics: readonly Resampled[],
  options: BootstrapOptions,
): Float64Array[] {
  const { rows, resamples = 10_000, seed = 42 } = options;
  const random = createRandom(seed);
  const counts = new Uint32Array(rows);
  const samples = statistics.map(() => [] as number[]);
  for (let r = 0; r < resamples; r++) {
    counts.fill(0);
    for (let i = 0; i < rows; i++) counts[random.below(rows)] += 1;
    const values = statistics.map((statistic) => statistic(counts));
    if (values.every((value) => !Number.isNaN(value))) {
      for (const [k, value] of values.entries()) samples[k].push(value);
    }
  }
  return samples.map((values) => Float64Array.from(values));
}

/** The 95 % percentile interval of bootstrap values (linear interpolation, as numpy's percentile). */
export function interval95(samples: Float64Array): Interval {
  const sorted = samples.slice().sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** A metric with its values on bootstrap resamples; none where rows cannot be resampled or the value is undefined. */
export interface SampledMetric {
  readonly key: string;
  readonly value: number;
  readonly samples?: Float64Array;
}

/**
 * All metrics on the same resamples, so that any two of them can be compared row by row. Give the metrics of base and
 * tuned model in one call.
 */
export function sampleMetrics(
  metrics: readonly Metric[],
  options: BootstrapOptions,
): SampledMetric[] {
  const usable = metrics.filter(({ value, resampled }) => resampled && !Number.isNaN(value));
  const samples = bootstrap(
    usable.map(({ resampled }) => resampled as Resampled),
    options,
  );
  return metrics.map((metric) => {
    const { key, value } = metric;
    const own = samples[usable.indexOf(metric)];
    return own === undefined || own.length === 0 ? { key, value } : { key, value, samples: own };
  });
}

/** The 95 % bootstrap interval of a metric; undefined where there are no samples. */
export function metricInterval({ samples }: SampledMetric): Interval | undefined {
  return samples === undefined ? undefined : interval95(samples);
}

/**
 * The paired bootstrap difference tuned − base of metrics sampled together. Better or worse only when the 95 % interval
 * excludes 0.
 */
export function compare(base: SampledMetric, tuned: SampledMetric): Comparison | undefined {
  const { samples } = base;
  if (samples === undefined || tuned.samples === undefined) return undefined;
  const interval = interval95(tuned.samples.map((value, i) => value - samples[i]));
  return {
    key: base.key,
    base: base.value,
    tuned: tuned.value,
    difference: tuned.value - base.value,
    interval,
    verdict: verdictOf(interval),
  };
}

function verdictOf(interval: Interval): Comparison["verdict"] {
  if (interval.low > 0) return "better";
  return interval.high < 0 ? "worse" : "no clear difference";
}
