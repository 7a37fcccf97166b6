import { mean } from "../math/statistics.js";
import type { Evaluation } from "./metric.js";

/**
 * A finer figure than the deciding metric, for evaluations that tie in it: the mean margin by which rows find what is right, or, where rows have
 * none, the mean of the other metrics but thresholds, which say where a model cuts and not how well. Higher is better; NaN where there is neither.
 */
export function finerFigure({ metrics, details }: Evaluation, metric: string): number {
  const margins = details?.figures.margin;
  if (margins !== undefined) return mean(Array.from(margins).filter(Number.isFinite));
  const others = metrics.filter(({ key, value }) => key !== metric && Number.isFinite(value));
  const qualities = others.filter(({ key }) => !/(^|_)threshold$/.test(key));
  return mean(qualities.map(({ value }) => value));
}

/** Whether a figure is better than the best so far, by the finer one where both are equal. */
export function isBetter(
  own: { readonly value: number; readonly finer?: number | undefined },
  best: { readonly value: number; readonly finer?: number | undefined },
): boolean {
  if (own.value !== best.value) return own.value > best.value;
  return (own.finer ?? Number.NaN) > (best.finer ?? Number.NaN);
}
