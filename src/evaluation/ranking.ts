/** Measures of one ranked list, each 0–1; those at several depths in the order of the depths. */
export interface RankingScores {
  readonly ndcg10: number;
  readonly mrr10: number;
  readonly map100: number;
  readonly accuracy: readonly number[];
  readonly precision: readonly number[];
  readonly recall: readonly number[];
}

/**
 * Scores a ranking given as `hits` (is the document at rank 1, 2, … relevant?, the first 100) and the number of
 * relevant documents R ≥ 1, as sentence-transformers' InformationRetrievalEvaluator. Relevance is binary:
 * ndcg@10 = Σ_{r ≤ 10, hit} 1/log2(r + 1) ÷ Σ_{r ≤ min(10, R)} 1/log2(r + 1) (trec_eval would weigh grades) ·
 * mrr@10 = 1/rank of the first hit, 0 beyond 10 · map@100 = Σ_{r ≤ 100, hit} (hits up to r)/r ÷ min(100, R) · and for each depth k of `at`:
 * accuracy@k = is there a hit among the first k · precision@k = hits among the first k ÷ k · recall@k = the same ÷ R.
 */
export function rankingScores(
  hits: readonly boolean[],
  relevant: number,
  at: readonly number[] = [1, 3, 5, 10],
): RankingScores {
  let [dcg, ideal, reciprocal, found, precisions] = [0, 0, 0, 0, 0];
  for (const [i, hit] of hits.slice(0, 100).entries()) {
    if (!hit) continue;
    found += 1;
    precisions += found / (i + 1);
    if (i >= 10) continue;
    dcg += 1 / Math.log2(i + 2);
    reciprocal ||= 1 / (i + 1);
  }
  for (let i = 0; i < Math.min(10, relevant); i++) ideal += 1 / Math.log2(i + 2);
  const within = at.map((k) => hits.slice(0, k).filter((hit) => hit).length);
  return {
    ndcg10: dcg / ideal,
    mrr10: reciprocal,
    map100: precisions / Math.min(100, relevant),
    accuracy: within.map((count) => (count > 0 ? 1 : 0)),
    precision: within.map((count, i) => count / at[i]),
    recall: within.map((count) => count / relevant),
  };
}
