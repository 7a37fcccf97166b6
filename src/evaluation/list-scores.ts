/** Measures of one list of candidates of which some are right, each 0–1. */
interface ListScores {
  readonly ndcg10: number;
  readonly mrr10: number;
  readonly averagePrecision: number;
  /** Of the first right one, from 1; wrong ones of the same score come before it. */
  readonly rank: number;
}

/**
 * Scores a list whose first `right` ≥ 1 candidates are the right ones. averagePrecision: over the cuts by falling score, as scikit-learn's
 * `average_precision_score` · ndcg10: gains 1/log2(rank + 1) of the first 10 by the best possible, candidates of equal score sharing the mean
 * gain of their ranks, as `ndcg_score(k=10)` (McSherry & Najork 2008) · mrr10: 1/rank of the first right one, 0 beyond 10.
 */
export function listScores(scores: readonly number[], right: number): ListScores {
  const order = scores.map((_, i) => i).sort((i, j) => scores[j] - scores[i]);
  let [found, dcg, precisions, rank] = [0, 0, 0, Number.POSITIVE_INFINITY];
  for (let start = 0; start < order.length; ) {
    let end = start;
    let here = 0;
    while (end < order.length && scores[order[end]] === scores[order[start]]) {
      if (order[end] < right) here += 1;
      end += 1;
    }
    if (here > 0) {
      found += here;
      dcg += (here / (end - start)) * gain(start, end);
      precisions += (here * found) / end;
      rank = Math.min(rank, end - here + 1);
    }
    start = end;
  }
  return {
    ndcg10: dcg / gain(0, right),
    mrr10: rank <= 10 ? 1 / rank : 0,
    averagePrecision: precisions / right,
    rank,
  };
}

/** Σ 1/log2(rank + 1) over the ranks start + 1 … end that are at most 10. */
function gain(start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < Math.min(10, end); i++) sum += 1 / Math.log2(i + 2);
  return sum;
}
