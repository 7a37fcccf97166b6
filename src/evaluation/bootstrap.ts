import { createRandom } from "../math/random.js";
import { quantile } from "../math/statistics.js";
import type { Metric } from "./metric.js";
import { type PermutationOptions, permutationP } from "./permutation.js";
import type { Resampled } from "./resampling.js";
import type { Swap } from "./swap.js";
import type { Units } from "./units.js";

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
  /** Of the paired permutation test; absent where rows have no figures of their own. */
  readonly p?: number | undefined;
  /** The same, corrected for the other models that are compared beside this one (Holm 1979). */
  readonly adjustedP?: number | undefined;
  readonly verdict: Verdict;
}

type Verdict = "better" | "no clear difference" | "worse";

interface BootstrapOptions {
  /** Rows to draw from, with replacement, as many as there are. */
  readonly rows: number;
  /** What is drawn instead of rows where rows are not independent. */
  readonly units?: Units | undefined;
  readonly resamples?: number;
  readonly seed?: number;
}

/**
 * The values of the statistics on the same `resamples` (10,000) bootstrap resamples of the rows, or of their units (Efron 1979): one array a
 * statistic, paired by index. NaN where a statistic is undefined on a resample.
 */
export function bootstrap(
  statistics: readonly Resampled[],
  options: BootstrapOptions,
): Float64Array[] {
  const { rows, units, resamples = 10_000, seed = 42 } = options;
  const random = createRandom(seed);
  const drawn = new Uint32Array(units?.count ?? rows);
  const counts = units === undefined ? drawn : new Uint32Array(rows);
  const samples = statistics.map(() => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    drawn.fill(0);
    random.tally(drawn, drawn.length);
    if (units !== undefined) for (let i = 0; i < rows; i++) counts[i] = drawn[units.of[i]];
    statistics.forEach((statistic, k) => {
      samples[k][r] = statistic(counts);
    });
  }
  return samples;
}

/**
 * The 95 % percentile interval of bootstrap values (linear interpolation, as numpy's percentile), of those that are defined; undefined where
 * most are not.
 */
export function interval95(samples: Float64Array): Interval | undefined {
  const sorted = samples.filter((value) => !Number.isNaN(value)).sort();
  if (2 * sorted.length <= samples.length) return undefined;
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** A metric with its values on bootstrap resamples; none where rows cannot be resampled or the value is undefined. */
export interface SampledMetric {
  readonly key: string;
  readonly value: number;
  readonly samples?: Float64Array;
  readonly swap?: Swap | undefined;
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
    const { key, value, swap } = metric;
    const own = samples[usable.indexOf(metric)];
    return own === undefined ? { key, value } : { key, value, samples: own, swap };
  });
}

/** The 95 % bootstrap interval of a metric; undefined where there are no samples. */
export function metricInterval({ samples }: SampledMetric): Interval | undefined {
  return samples === undefined ? undefined : interval95(samples);
}

/**
 * The paired bootstrap difference tuned − base of metrics sampled together, and the p-value of the paired permutation test where their rows
 * have figures of their own.
 */
export function compare(
  base: SampledMetric,
  tuned: SampledMetric,
  options: PermutationOptions = {},
): Comparison | undefined {
  const { samples } = base;
  if (samples === undefined || tuned.samples === undefined) return undefined;
  const interval = interval95(tuned.samples.map((value, i) => value - samples[i]));
  if (interval === undefined) return undefined;
  const p =
    base.swap === undefined || tuned.swap === undefined
      ? undefined
      : permutationP(base.swap, tuned.swap, options);
  return {
    key: base.key,
    base: base.value,
    tuned: tuned.value,
    difference: tuned.value - base.value,
    interval,
    p,
    verdict: verdictOf(interval, p),
  };
}

/** Better or worse only where the interval excludes 0 and, where there is a p-value, it is at most 0.05. */
export function verdictOf(interval: Interval, p: number | undefined): Verdict {
  if (p !== undefined && p > 0.05) return "no clear difference";
  if (interval.low > 0) return "better";
  return interval.high < 0 ? "worse" : "no clear difference";
}
