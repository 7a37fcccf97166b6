import type { ParameterBlock } from "./parameter-memory.js";

/**
 * The weight of the average so far at update t ≥ 1: min(d, (1+t)/(10+t)), as TensorFlow's ExponentialMovingAverage with a number of updates.
 * A plain d would leave d^t of the start in it: after 90 updates with d = 0.99 still 40 %.
 */
function decayAt(decay: number, update: number): number {
  return Math.min(decay, (1 + update) / (10 + update));
}

/** After update t: average ← d·average + (1−d)·parameter, in float64 and rounded to float32; the first update begins from the start values. */
export function followAverages(
  blocks: readonly ParameterBlock[],
  decay: number,
  update: number,
): void {
  const share = 1 - decayAt(decay, update);
  for (const { parameter, average } of blocks) {
    if (average === undefined) continue;
    for (let i = 0; i < average.length; i++) average[i] += share * (parameter[i] - average[i]);
  }
}
