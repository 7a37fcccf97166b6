import type { Evaluation, Metric, RowDetails } from "./metric.js";
import type { Resampled } from "./resampling.js";
import type { Swap } from "./swap.js";
import type { Units } from "./units.js";

/**
 * Evaluations of several models, each on other rows, as one of all rows: each metric is the mean of theirs by rows, on a resample by the rows
 * drawn of each, so that scores of two models are never ranked together. Figures of rows are put one behind the other; sampled vectors are left
 * out, since the models' spaces differ. The evaluations are of one evaluator's kind.
 */
export function pooled(evaluations: readonly Evaluation[]): Evaluation {
  const sizes = evaluations.map(({ rows }) => rows);
  const [first] = evaluations;
  const metrics = first.metrics.flatMap(({ key }) => {
    const own = evaluations.flatMap(({ metrics: all }) => all.find((one) => one.key === key) ?? []);
    return own.length === evaluations.length ? [pooledMetric(own, sizes)] : [];
  });
  return {
    task: first.task,
    asks: first.asks,
    rows: sizes.reduce((sum, size) => sum + size, 0),
    metrics,
    units: pooledUnits(evaluations),
    details: pooledDetails(
      evaluations.flatMap(({ details }) => details ?? []),
      evaluations.length,
    ),
  };
}

function pooledMetric(own: readonly Metric[], sizes: readonly number[]): Metric {
  const resampled = own.flatMap((metric) => metric.resampled ?? []);
  return {
    key: own[0].key,
    value: meanBy(
      own.map(({ value }) => value),
      sizes,
    ),
    resampled: resampled.length < own.length ? undefined : pooledResample(resampled, sizes),
    swap: pooledSwap(own.map(({ swap }) => swap)),
  };
}

function meanBy(values: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return values.reduce((sum, value, i) => sum + value * weights[i], 0) / total;
}

function pooledResample(statistics: readonly Resampled[], sizes: readonly number[]): Resampled {
  const starts = startsOf(sizes);
  return (counts) => {
    const values: number[] = [];
    const drawn: number[] = [];
    statistics.forEach((statistic, i) => {
      const own = counts.subarray(starts[i], starts[i] + sizes[i]);
      const rows = own.reduce((sum, count) => sum + count, 0);
      if (rows === 0) return;
      values.push(statistic(own));
      drawn.push(rows);
    });
    return meanBy(values, drawn);
  };
}

function startsOf(sizes: readonly number[]): number[] {
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return start - size;
  });
}

/** Means of rows are swapped as one; ranks of different models are not. */
function pooledSwap(swaps: readonly (Swap | undefined)[]): Swap | undefined {
  const ratios = swaps.flatMap((swap) => (swap?.kind === "ratio" ? [swap] : []));
  if (ratios.length < swaps.length) return undefined;
  const weighted = ratios.some(({ weights }) => weights !== undefined);
  return {
    kind: "ratio",
    values: joined(ratios.map(({ values }) => values)),
    weights: weighted
      ? joined(ratios.map(({ values, weights }) => weights ?? new Array(values.length).fill(1)))
      : undefined,
  };
}

function joined(lists: readonly ArrayLike<number>[]): Float64Array {
  return Float64Array.from(lists.flatMap((list) => Array.from(list)));
}

/** Groups of rows that share texts lie within an evaluation. */
function pooledUnits(evaluations: readonly Evaluation[]): Units | undefined {
  const known = evaluations.flatMap(({ units }) => units ?? []);
  if (known.length === 0) return undefined;
  const of: number[] = [];
  let count = 0;
  for (const { rows, units } of evaluations) {
    for (let row = 0; row < rows; row++) of.push(count + (units?.of[row] ?? row));
    count += units?.count ?? rows;
  }
  const largest = Math.max(...known.map((units) => units.largest));
  return { of: Int32Array.from(of), count, largest, by: known[0].by };
}

function pooledDetails(all: readonly RowDetails[], count: number): RowDetails | undefined {
  if (all.length < count) return undefined;
  const [first] = all;
  const list = <T>(pick: (one: RowDetails) => ArrayLike<T> | undefined): T[] | undefined =>
    pick(first) && all.flatMap((one) => Array.from(pick(one) ?? []));
  const figures = Object.keys(first.figures).map((name) => [
    name,
    all.flatMap((one) => Array.from(one.figures[name])),
  ]);
  return {
    lines: list(({ lines }) => lines) ?? [],
    ids: list(({ ids }) => ids),
    texts: list(({ texts }) => texts) ?? [],
    others: list(({ others }) => others),
    positive: list(({ positive }) => positive),
    labels: list(({ labels }) => labels),
    main: first.main,
    figures: Object.fromEntries(figures),
    ranked: list(({ ranked }) => ranked),
  };
}
