import { type Evaluation, metricOf } from "../../evaluation/metric.js";
import { isBetter } from "../../evaluation/tie-break.js";

/** A point of the line and what it gives on the selecting data. */
export interface LinePoint {
  readonly alpha: number;
  readonly evaluation: Evaluation;
  /** What decides between equal values. */
  readonly finer: number;
}

/** The metric at a point; NaN where it is undefined. */
export function valueAt({ evaluation }: LinePoint, metric: string): number {
  return metricOf(evaluation, metric)?.value ?? Number.NaN;
}

/** The point with the best value, of equal ones that with the finer figure, then the nearest to the start; α = 0 where no value is defined. */
export function chooseAlpha(points: readonly LinePoint[], metric: string): number {
  let best = { alpha: 0, value: Number.NEGATIVE_INFINITY, finer: Number.NaN };
  for (const point of points) {
    const own = { alpha: point.alpha, value: valueAt(point, metric), finer: point.finer };
    if (isBetter(own, best)) best = own;
  }
  return best.alpha;
}
