import { averageRanks, mean, pearson, spearman } from "../math/statistics.js";
import type { Metric } from "./metric.js";
import { type Resampled, resampledPearson, resampledSpearman } from "./resampling.js";
import { standardized } from "./swap.js";

/** Spearman's and Pearson's correlation of a similarity with the given scores. */
export function correlationMetrics(
  similarity: string,
  scores: Float64Array,
  gold: Float64Array,
): Metric[] {
  return [
    {
      key: `spearman_${similarity}`,
      value: spearman(scores, gold),
      resampled: resampledSpearman(scores, gold),
      swap: { kind: "correlation", scores: averageRanks(scores), gold: averageRanks(gold) },
    },
    {
      key: `pearson_${similarity}`,
      value: pearson(scores, gold),
      resampled: resampledPearson(scores, gold),
      swap: { kind: "correlation", scores: standardized(scores), gold },
    },
  ];
}

/**
 * Spearman's correlation of each subset, their mean and their mean weighted by rows ("mean" and "wmean" of the literature, Gao et al.
 * 2021, appendix B); none without subsets. NaN where a subset's scores or similarities are constant.
 */
export function subsetMetrics(
  subsets: ReadonlyMap<string, readonly number[]>,
  cosines: Float64Array,
  gold: Float64Array,
): Metric[] {
  if (subsets.size === 0) return [];
  const parts = [...subsets].map(([name, rows]) => {
    const x = Float64Array.from(rows, (row) => cosines[row]);
    const y = Float64Array.from(rows, (row) => gold[row]);
    const resampled = onRows(rows, resampledSpearman(x, y));
    return { key: `${name}_spearman_cosine`, value: spearman(x, y), resampled };
  });
  const sizes = [...subsets.values()].map(({ length }) => length);
  const weighted = (values: readonly number[]): number =>
    values.reduce((sum, value, i) => sum + value * sizes[i], 0) / cosines.length;
  return [
    meanOf("spearman_cosine_mean", parts, mean),
    meanOf("spearman_cosine_wmean", parts, weighted),
    ...parts,
  ];
}

function meanOf(
  key: string,
  parts: readonly { readonly value: number; readonly resampled: Resampled }[],
  average: (values: readonly number[]) => number,
): Metric {
  return {
    key,
    value: average(parts.map(({ value }) => value)),
    resampled: (counts) => average(parts.map(({ resampled }) => resampled(counts))),
  };
}

/** A statistic of some of the rows, under the counts of all. */
function onRows(rows: readonly number[], statistic: Resampled): Resampled {
  const own = new Uint32Array(rows.length);
  return (counts) => {
    for (let i = 0; i < rows.length; i++) own[i] = counts[rows[i]];
    return statistic(own);
  };
}

/** 1 − |rank of the similarity − rank of the given value| / n of each row: 1 where a row stands where people put it. */
export function rankAgreement(scores: ArrayLike<number>, gold: ArrayLike<number>): Float64Array {
  const wanted = averageRanks(gold);
  return averageRanks(scores).map((rank, i) => 1 - Math.abs(rank - wanted[i]) / wanted.length);
}
