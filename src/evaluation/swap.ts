/**
 * The figures of one model that a paired permutation test swaps with another's, row by row, and the statistic of a mixture:
 * `ratio`: Σ values / Σ weights (a mean where there are no weights) · `correlation`: Pearson's of scores and gold, where the scores are
 * ranked or standardised within the model first, since two models' scores have different scales · `cut`: a measure of scores in
 * ranks 0, 1, … of their distinct values, with labels.
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
    };

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
