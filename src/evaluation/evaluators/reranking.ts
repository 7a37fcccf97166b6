import type { PairRow } from "../../dataset/rows/row-types.js";
import { UserError } from "../../errors/user-error.js";
import type { Matrix } from "../../math/tensor.js";
import { rowCosine } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { listScores } from "../list-scores.js";
import { meanMetric } from "../mean-metric.js";
import type { Evaluator } from "../metric.js";
import { unitsOf } from "../units.js";

/** A query with the texts that are right for it and texts that are not. */
interface RerankedQuery {
  readonly query: string;
  readonly positives: readonly string[];
  readonly negatives: readonly string[];
  readonly line: number;
}

/**
 * Each query orders its own positives and negatives by cosine; measures of `listScores`, averaged over the queries, as sentence-transformers'
 * RerankingEvaluator. Queries without a positive or a negative have nothing to order: UserError `no-negatives` when all are such.
 */
function rerankingEvaluator(queries: readonly RerankedQuery[]): Evaluator {
  const usable = queries.filter((one) => one.positives.length > 0 && one.negatives.length > 0);
  if (usable.length === 0) throw noNegatives(queries.length);
  const candidates = usable.map(({ positives, negatives }) => [...positives, ...negatives]);
  const documents = candidates.flat();
  return evaluatorOf(rerank, {
    rows: usable.length,
    embeds: { own: usable.length + documents.length, trained: 0 },
    run: async (embed) => {
      const texts = usable.map(({ query }) => query);
      const asked = await embed(texts, "query");
      const answers = await embed(documents, "document");
      const cosines = cosinesOf(asked, answers, candidates);
      const scores = usable.map(({ positives }, i) => listScores(cosines[i], positives.length));
      const ndcg = scores.map((one) => one.ndcg10);
      return {
        metrics: [
          meanMetric("ndcg@10", ndcg),
          meanMetric(
            "mrr@10",
            scores.map((one) => one.mrr10),
          ),
          meanMetric(
            "map",
            scores.map((one) => one.averagePrecision),
          ),
        ],
        units: unitsOf(usable, ({ query, positives, negatives }) => [
          query,
          ...positives,
          ...negatives,
        ]),
        details: {
          lines: usable.map(({ line }) => line),
          texts,
          others: usable.map(({ positives }) => positives[0]),
          main: "ndcg@10",
          figures: {
            rank: scores.map(({ rank }) => rank),
            "ndcg@10": ndcg,
            margin: usable.map(({ positives }, i) => marginOf(cosines[i], positives.length)),
          },
          ranked: usable.map(({ positives }, i) =>
            rankedBy(candidates[i], cosines[i], positives.length),
          ),
        },
      };
    },
  });
}

/** Pairs with explicit negatives; rows of one anchor are one query with several positives. */
export const rerank = defineEvaluator({
  name: "rerank",
  summary: "whether a query's positives come before its own negatives",
  rows: ["pair"],
  columns: "`query,positive,negative…`; rows of one query belong together",
  metrics: {
    "ndcg@10": "discounted gain of the first 10, of the best possible",
    "mrr@10": "1/rank of the first positive, 0 beyond rank 10",
    map: "average precision",
  },
  options: {},
  sides: "asking",
  resampled: "queries",
  madeFor: () => false,
  heldOut: [],
  build: ({ rows }) => rerankingEvaluator(queriesOf(rows)),
});

function queriesOf(rows: readonly PairRow[]): RerankedQuery[] {
  const queries = new Map<
    string,
    { line: number; positives: Set<string>; negatives: Set<string> }
  >();
  for (const { anchor, positive, negatives, line } of rows) {
    const known = queries.get(anchor) ?? { line, positives: new Set(), negatives: new Set() };
    known.positives.add(positive);
    for (const negative of negatives) known.negatives.add(negative);
    queries.set(anchor, known);
  }
  return Array.from(queries, ([query, { line, positives, negatives }]) => ({
    query,
    line,
    positives: [...positives],
    negatives: [...negatives].filter((text) => !positives.has(text)),
  }));
}

/** Cosines of each query with its candidates, whose vectors follow one another. */
function cosinesOf(asked: Matrix, answers: Matrix, candidates: readonly (readonly string[])[]) {
  let next = 0;
  return candidates.map((list, i) => list.map(() => rowCosine(asked, i, answers, next++)));
}

function marginOf(scores: readonly number[], right: number): number {
  return Math.max(...scores.slice(0, right)) - Math.max(...scores.slice(right));
}

function rankedBy(texts: readonly string[], scores: readonly number[], right: number) {
  return texts
    .map((text, i) => ({ id: text, text, score: scores[i], right: i < right }))
    .sort((a, b) => b.score - a.score);
}

function noNegatives(queries: number): UserError {
  return new UserError("no-negatives", `none of the ${queries} queries has a negative to order`, {
    hint: "name the column of negatives: --columns negative=NAME",
  });
}
