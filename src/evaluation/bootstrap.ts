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
    for (let i = 0; i < rows; i++) counts[random.below(rows)]! += 1;
    const values = statistics.map((statistic) => statistic(counts));
    if (values.every((value) => !Number.isNaN(value))) {
      for (const [k, value] of values.entries()) samples[k]!.push(value);
    }
  }
  return samples.map((values) => Float64Array.from(values));
}

/** The 95 % percentile interval of bootstrap values (linear interpolation, as numpy's percentile). */
export function interval95(samples: Float64Array): Interval {
  const sorted = samples.slice().sort();
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
}

/** The 95 % bootstrap interval of one metric; undefined where rows cannot be resampled. */
export function metricInterval(metric: Metric, options: BootstrapOptions): Interval | undefined {
  if (metric.resampled === undefined) return undefined;
  const [samples] = bootstrap([metric.resampled], options);
  return samples === undefined || samples.length === 0 ? undefined : interval95(samples);
}

/**
 * The paired bootstrap difference tuned − base: both metrics on the same resamples. Better or worse only when
 * the 95 % interval excludes 0.
 */
export function compare(
  base: Metric,
  tuned: Metric,
  options: BootstrapOptions,
): Comparison | undefined {
  if (base.resampled === undefined || tuned.resampled === undefined) return undefined;
  const [baseSamples, tunedSamples] = bootstrap([base.resampled, tuned.resampled], options);
  const differences = tunedSamples!.map((value, i) => value - baseSamples![i]!);
  const interval = interval95(differences);
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
