import { indexPairs } from "../../dataset/batches/pair-index.js";
import type { PairRow } from "../../dataset/rows/row-types.js";
import type { Matrix } from "../../math/tensor.js";
import { createTopK, visitScores } from "../../search/scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { meanMetric } from "../mean-metric.js";
import type { Evaluator } from "../metric.js";

/** The deepest rank that counts. */
const DEPTH = 10;

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
  return evaluatorOf(pairRetrieval, {
    rows: sets.queries.length,
    run: async (embed) => {
      const queries = normalizedRows(await embed(sets.queries, "query"));
      const documents = normalizedRows(await embed(sets.documents, "document"));
      const ranks = await firstRightRanks(sets, queries, documents);
      const hits = ranks.map((rank) => (rank === 1 ? 1 : 0));
      const reciprocal = ranks.map((rank) => 1 / rank);
      return [meanMetric("cosine_mrr@10", reciprocal), meanMetric("cosine_accuracy@1", hits)];
    },
  });
}

/** Pairs; rows connected by shared texts or an equal group count as right for each other. */
export const pairRetrieval = defineEvaluator({
  name: "pair-retrieval",
  summary: "whether each anchor finds its positive among all positives of the file",
  rows: ["pair"],
  columns: "`anchor,positive`",
  metrics: {
    "cosine_mrr@10": "mean of 1/rank of the first right positive, 0 beyond rank 10",
    "cosine_accuracy@1": "share of anchors whose nearest positive is right",
  },
  options: {},
  sides: "asking",
  resampled: "anchors",
  madeFor: ({ kind }) => kind === "pair",
  heldOut: [{ kind: "pair" }, { kind: "nli", trainedAs: ["pair", "classed"] }],
  build: ({ rows }) => retrievalOf(rows),
});

function retrievalOf(rows: readonly PairRow[]): Evaluator {
  const { components } = indexPairs(rows);
  return pairRetrievalEvaluator(
    rows.map(({ anchor, positive }, i) => ({ anchor, positive, component: components[i] })),
  );
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

/**
 * For each query 1 + the number of wrong candidates that score at least as high as the best right one; Infinity beyond
 * `DEPTH`, since only so many wrong ones are kept.
 */
async function firstRightRanks(sets: Sets, queries: Matrix, documents: Matrix): Promise<number[]> {
  const wrong = createTopK(queries.rows, DEPTH);
  const right = new Float64Array(queries.rows).fill(Number.NEGATIVE_INFINITY);
  await visitScores(queries, documents, (query, first, scores) => {
    const component = sets.queryComponents[query];
    for (let j = 0; j < scores.length; j++) {
      const document = first + j;
      if (sets.documentComponents[document] !== component) {
        wrong.offer(query, document, scores[j]);
      } else if (scores[j] > right[query] && sets.documents[document] !== sets.queries[query]) {
        right[query] = scores[j];
      }
    }
  });
  return Array.from(right, (best, query) => {
    const before = wrong.scores(query).filter((score) => score >= best).length;
    return before < DEPTH ? 1 + before : Number.POSITIVE_INFINITY;
  });
}
