import { mean } from "../math/statistics.js";
import type { Metric } from "./metric.js";
import { resampledMean } from "./resampling.js";

/** A metric that is the mean of one value a row. */
export function meanMetric(key: string, values: ArrayLike<number>): Metric {
  return { key, value: mean(values), resampled: resampledMean(values) };
}
