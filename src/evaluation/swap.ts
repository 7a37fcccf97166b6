import { averageRanks } from "../math/statistics.js";

/**
 * The figures of one model that a paired permutation test swaps with another's, row by row, and the statistic of a mixture:
 * `ratio`: Σ values / Σ weights (a mean where there are no weights) · `correlation`: Pearson's of scores and gold, where the scores are
 * ranked or standardised within the model first, since two models' scores have different scales · `cut`: a measure of the cuts of scores, as
 * ranks within the model, with labels.
 */
export type Swap =
  | {
      readonly kind: "ratio";
      readonly values: ArrayLike<number>;
      readonly weights?: ArrayLike<number> | undefined;
    }
  | {
      readonly kind: "correlation";
      readonly scores: Float64Array;
      readonly gold: Float64Array;
    }
  | {
      readonly kind: "cut";
      /** Twice the average rank of each score, the highest last. */
      readonly scores: Uint32Array;
      readonly labels: Uint8Array;
      /** Rows of label 1 that there are to find, where not all have a score. */
      readonly wanted?: number | undefined;
      readonly measure: CutMeasure;
    };

/** A figure of a tally: of the groups of equal scores by falling score the rows of label 0 and of label 1; `positives` are to be found. */
type CutMeasure = (tally: Uint32Array, positives: number) => number;

/** Scores and labels as a `cut` swaps them: scores as ranks within the model. */
export function cutSwap(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  measure: CutMeasure,
  wanted?: number,
): Swap {
  const ranks = Uint32Array.from(averageRanks(scores), (rank) => 2 * rank);
  return { kind: "cut", scores: ranks, labels: Uint8Array.from(labels), wanted, measure };
}

/** Scores less their mean, divided by their standard deviation: correlations stay what they are. Constant scores become 0. */
export function standardized(scores: ArrayLike<number>): Float64Array {
  const n = scores.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += scores[i];
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (scores[i] - sum / n) ** 2;
  const scale = squares === 0 ? 0 : 1 / Math.sqrt(squares / n);
  return Float64Array.from(scores, (score) => (score - sum / n) * scale);
}
