import { mean } from "../math/statistics.js";
import type { Metric } from "./metric.js";
import { resampledMean, resampledRatio } from "./resampling.js";

/** A metric that is the mean of one value a row. */
export function meanMetric(key: string, values: ArrayLike<number>): Metric {
  return {
    key,
    value: mean(values),
    resampled: resampledMean(values),
    swap: { kind: "ratio", values },
  };
}

/** A metric Σ values / Σ weights, of rows that hold several cases each. */
export function ratioMetric(
  key: string,
  values: ArrayLike<number>,
  weights: ArrayLike<number>,
): Metric {
  let [above, below] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    above += values[i];
    below += weights[i];
  }
  return {
    key,
    value: above / below,
    resampled: resampledRatio(values, weights),
    swap: { kind: "ratio", values, weights },
  };
}
