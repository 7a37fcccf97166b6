import type { Matrix } from "../math/tensor.js";
import { normalizedRows } from "./cosine.js";
import type { Evaluator } from "./metric.js";
import { resampledMean } from "./resampling.js";

/** A held-out pair; rows of one `component` (shared texts, equal group) mean the same. */
export interface RetrievalPair {
  readonly anchor: string;
  readonly positive: string;
  readonly component: number;
}

interface Sets {
  readonly queries: readonly string[];
  readonly documents: readonly string[];
  readonly queryComponents: readonly number[];
  readonly documentComponents: readonly number[];
}

/**
 * Each anchor searches all positives of the held-out rows by cosine. A positive is right when it belongs to the
 * anchor's component; the anchor's own text is left out of the candidates.
 * accuracy@1 = share of anchors whose best candidate is right; mrr@10 = mean of 1/rank of the first right
 * candidate, 0 beyond rank 10 (sentence-transformers' InformationRetrievalEvaluator). Ties count against the model.
 */
export function pairRetrievalEvaluator(pairs: readonly RetrievalPair[]): Evaluator {
  const sets = distinctTexts(pairs);
  return {
    task: "pair-retrieval",
    primary: "cosine_mrr@10",
    keys: ["cosine_accuracy@1", "cosine_mrr@10"],
    rows: sets.queries.length,
    run: async (embed) => {
      const queries = normalizedRows(await embed(sets.queries, "query"));
      const documents = normalizedRows(await embed(sets.documents, "document"));
      const ranks = sets.queries.map((_, i) =>
        firstRightRank(sets, i, dots(queries, i, documents)),
      );
      const hits = ranks.map((rank) => (rank === 1 ? 1 : 0));
      const reciprocal = ranks.map((rank) => (rank <= 10 ? 1 / rank : 0));
      return {
        task: "pair-retrieval",
        rows: ranks.length,
        metrics: [meanMetric("cosine_accuracy@1", hits), meanMetric("cosine_mrr@10", reciprocal)],
      };
    },
  };
}

function meanMetric(key: string, values: readonly number[]) {
  const value = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { key, value, resampled: resampledMean(values) };
}

function distinctTexts(pairs: readonly RetrievalPair[]): Sets {
  const queries = new Map(pairs.map((pair) => [pair.anchor, pair.component]));
  const documents = new Map(pairs.map((pair) => [pair.positive, pair.component]));
  return {
    queries: [...queries.keys()],
    documents: [...documents.keys()],
    queryComponents: [...queries.values()],
    documentComponents: [...documents.values()],
  };
}

/** 1 + the number of wrong candidates that score at least as high as the best right one. */
function firstRightRank(sets: Sets, query: number, scores: Float64Array): number {
  const component = sets.queryComponents[query];
  const text = sets.queries[query];
  let best = Number.NEGATIVE_INFINITY;
  scores.forEach((score, j) => {
    const right = sets.documentComponents[j] === component && sets.documents[j] !== text;
    if (right && score > best) best = score;
  });
  let rank = 1;
  scores.forEach((score, j) => {
    if (sets.documentComponents[j] !== component && score >= best) rank += 1;
  });
  return best === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : rank;
}

function dots(a: Matrix, i: number, b: Matrix): Float64Array {
  const d = a.cols;
  const row = a.data.subarray(i * d, (i + 1) * d);
  return Float64Array.from({ length: b.rows }, (_, j) => {
    let sum = 0;
    for (let k = 0, at = j * d; k < d; k++, at++) sum += row[k]! * b.data[at]!;
    return sum;
  });
}
