/** Measures of one ranked list, each 0–1. */
export interface RankingScores {
  readonly ndcg10: number;
  readonly mrr10: number;
  readonly recall10: number;
  readonly accuracy1: number;
  readonly map100: number;
}

/**
 * Scores a ranking given as `hits` (is the document at rank 1, 2, … relevant?, the first 100) and the number of
 * relevant documents R ≥ 1, as sentence-transformers' InformationRetrievalEvaluator. Relevance is binary:
 * ndcg@10 = Σ_{r ≤ 10, hit} 1/log2(r + 1) ÷ Σ_{r ≤ min(10, R)} 1/log2(r + 1) (trec_eval would weigh grades) ·
 * mrr@10 = 1/rank of the first hit, 0 beyond 10 · recall@10 = hits among the first 10 ÷ R · accuracy@1 = is the first a
 * hit · map@100 = Σ_{r ≤ 100, hit} (hits up to r)/r ÷ min(100, R).
 */
export function rankingScores(hits: readonly boolean[], relevant: number): RankingScores {
  let [dcg, ideal, reciprocal, found, precisions] = [0, 0, 0, 0, 0];
  let found10 = 0;
  for (const [i, hit] of hits.slice(0, 100).entries()) {
    if (!hit) continue;
    found += 1;
    precisions += found / (i + 1);
    if (i >= 10) continue;
    found10 += 1;
    dcg += 1 / Math.log2(i + 2);
    reciprocal ||= 1 / (i + 1);
  }
  for (let i = 0; i < Math.min(10, relevant); i++) ideal += 1 / Math.log2(i + 2);
  return {
    ndcg10: dcg / ideal,
    mrr10: reciprocal,
    recall10: found10 / relevant,
    accuracy1: hits[0] === true ? 1 : 0,
    map100: precisions / Math.min(100, relevant),
  };
}
