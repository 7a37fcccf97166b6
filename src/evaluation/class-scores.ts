import { meanMetric } from "./mean-metric.js";
import type { Metric } from "./metric.js";

/**
 * Accuracy and macro-averaged F1 of predictions: F1 of each class that a row has or is predicted to have, with equal weight, 0 for one that
 * is never right (scikit-learn's `f1_score(average="macro", zero_division=0)`). Classes are numbers; −1 stands for one that cannot be
 * predicted. [`accuracy` and `f1` after `name`.]
 */
export function classMetrics(
  name: string,
  predicted: Int32Array,
  wanted: Int32Array,
): readonly [Metric, Metric] {
  const hits = Uint8Array.from(predicted, (label, i) => (label === wanted[i] ? 1 : 0));
  const f1 = (counts: Uint32Array): number => macroF1(predicted, wanted, counts);
  const all = new Uint32Array(predicted.length).fill(1);
  return [
    meanMetric(`${name}_accuracy`, hits),
    { key: `${name}_f1`, value: f1(all), resampled: f1 },
  ];
}

/** Macro-F1 where row i counts `counts[i]` times; classes that no drawn row has or gets are left out. */
function macroF1(predicted: Int32Array, wanted: Int32Array, counts: Uint32Array): number {
  const size = 2 + Math.max(predicted.reduce(largest, -1), wanted.reduce(largest, -1));
  const right = new Float64Array(size);
  const either = new Float64Array(size);
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i];
    either[predicted[i] + 1] += count;
    either[wanted[i] + 1] += count;
    if (predicted[i] === wanted[i]) right[wanted[i] + 1] += count;
  }
  let [sum, classes] = [0, 0];
  for (let c = 0; c < size; c++) {
    if (either[c] === 0) continue;
    sum += (2 * right[c]) / either[c];
    classes += 1;
  }
  return sum / classes;
}

const largest = (a: number, b: number): number => Math.max(a, b);
