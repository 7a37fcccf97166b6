import { sampleMetrics } from "../../evaluation/bootstrap.js";
import { type Evaluation, type Metric, metricOf } from "../../evaluation/metric.js";
import { isBetter } from "../../evaluation/tie-break.js";
import type { TrainSettings } from "../options/settings.js";

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

/** How many standard errors of the paired difference a point may be below the best. */
const WITHIN = 0.5;
/** Bootstrap resamples that give a standard error. */
const RESAMPLES = 500;

interface Valued {
  readonly point: LinePoint;
  readonly alpha: number;
  readonly value: number;
  readonly finer: number;
}

/**
 * The α that is the best guess where rows tell nothing: a head seldom goes too far, an encoder does, also for texts of other kinds
 * (bench/quality/README.md has the regret of both guesses).
 */
export function likelyAlpha({ tune }: Pick<TrainSettings, "tune">): number {
  return tune === "head" ? 1 : 0.5;
}

interface Choice {
  /** Key of the deciding metric. */
  readonly metric: string;
  readonly likely: number;
  readonly seed: number;
}

/**
 * The point that goes out: of those that are no worse than the start and within half a standard error of the paired difference to the best one,
 * the nearest to `likely`. On small data the best point is mostly noise (bench/quality/README.md has the regret of this rule and others).
 * Where the start itself is best, or nothing is defined, α = 0.
 */
export function chooseAlpha(points: readonly LinePoint[], choice: Choice): number {
  const { metric, likely, seed } = choice;
  const valued = points.map((point): Valued => {
    const { alpha, finer } = point;
    return { point, alpha, value: valueAt(point, metric), finer };
  });
  const [start] = valued;
  let best: Valued | undefined;
  for (const own of valued)
    if (isBetter(own, best ?? { value: Number.NEGATIVE_INFINITY })) best = own;
  if (best === undefined || best === start) return 0;
  const errors = standardErrors(valued, best, { metric, seed });
  let chosen = best;
  for (const [i, own] of valued.entries()) {
    const near = best.value - own.value <= WITHIN * errors[i];
    if (near && isBetter(own, start) && isNearer(own, chosen, likely)) chosen = own;
  }
  return chosen.alpha;
}

/** Nearer to `likely`; of equally near ones the better. */
function isNearer(own: Valued, other: Valued, likely: number): boolean {
  const [is, was] = [own, other].map(({ alpha }) => Math.abs(alpha - likely));
  return is === was ? isBetter(own, other) : is < was;
}

/** The standard deviation of best − point over resamples of the rows; 0 where the metric cannot be resampled. */
function standardErrors(
  valued: readonly Valued[],
  best: Valued,
  { metric, seed }: { readonly metric: string; readonly seed: number },
): number[] {
  const metrics = valued.map(({ point }) => metricOf(point.evaluation, metric));
  const known = metrics.filter((one): one is Metric => one?.resampled !== undefined);
  if (known.length < metrics.length) return valued.map(() => 0);
  const { rows, units } = best.point.evaluation;
  const sampled = sampleMetrics(known, { rows, units, seed, resamples: RESAMPLES });
  const top = sampled[valued.indexOf(best)].samples;
  return sampled.map(({ samples }) => {
    if (samples === undefined || top === undefined) return 0;
    const differences = samples.map((value, i) => top[i] - value).filter(Number.isFinite);
    return deviation(differences);
  });
}

function deviation(values: Float64Array): number {
  if (values.length < 2) return 0;
  const sum = values.reduce((total, value) => total + value, 0);
  const mean = sum / values.length;
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
