/** A document as one model ranks it for a query. */
interface RankedDocument {
  readonly document: number;
  /** Cosine. */
  readonly score: number;
  /** Its rank under each model, from 1, in the order of the models. */
  readonly ranks: readonly number[];
}

/**
 * The k best documents under each of several models, each with its rank under all of them, so that what moved is seen wherever it went.
 * `scores` are of one query with all N documents [N], a list a model. Of equal scores the earlier document comes first.
 */
export function rankedUnderAll(scores: readonly Float64Array[], k: number): RankedDocument[][] {
  const best = scores.map((own) => bestOf(own, k));
  return best.map((documents, model) =>
    documents.map((document) => ({
      document,
      score: scores[model][document],
      ranks: scores.map((own) => rankOf(own, document)),
    })),
  );
}

/** Numbers of the k greatest scores, falling. */
function bestOf(scores: Float64Array, k: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (best.length === k && scores[i] <= scores[best[k - 1]]) continue;
    let at = best.length;
    while (at > 0 && scores[i] > scores[best[at - 1]]) at--;
    best.splice(at, 0, i);
    if (best.length > k) best.pop();
  }
  return best;
}

function rankOf(scores: Float64Array, document: number): number {
  const own = scores[document];
  let rank = 1;
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] > own || (scores[i] === own && i < document)) rank += 1;
  }
  return rank;
}
