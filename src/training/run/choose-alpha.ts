import { type Evaluation, metricOf } from "../../evaluation/metric.js";

/** A point of the line and what it gives on the selecting data. */
export interface LinePoint {
  readonly alpha: number;
  readonly evaluation: Evaluation;
}

/** The metric at a point; NaN where it is undefined. */
export function valueAt({ evaluation }: LinePoint, metric: string): number {
  return metricOf(evaluation, metric)?.value ?? Number.NaN;
}

/** The point with the best value, of equal ones the nearest to the start; α = 0 where no value is defined. */
export function chooseAlpha(points: readonly LinePoint[], metric: string): number {
  let best = { alpha: 0, value: Number.NEGATIVE_INFINITY };
  for (const point of points) {
    const value = valueAt(point, metric);
    if (value > best.value) best = { alpha: point.alpha, value };
  }
  return best.alpha;
}
