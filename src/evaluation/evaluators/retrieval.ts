import type { IdentifiedText } from "../../dataset/retrieval/load-retrieval.js";
import { UserError } from "../../errors/user-error.js";
import { createTopK, type TopK, visitScores } from "../../search/scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { meanMetric } from "../mean-metric.js";
import type { Embed, Evaluator } from "../metric.js";
import { type RankingScores, rankingScores } from "../ranking.js";

/** How relevant a document is to a query, both by id; above 0 it is relevant. */
export interface Judgment {
  readonly query: string;
  readonly document: string;
  readonly relevance: number;
}

/** Queries, the documents they search, and which are relevant (qrels). */
export interface RetrievalSets {
  readonly queries: readonly IdentifiedText[];
  readonly corpus: readonly IdentifiedText[];
  readonly qrels: readonly Judgment[];
  /** By query id: ids of documents that the query is not to find. */
  readonly excluded?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/** Documents are ranked to this depth. */
const DEPTH = 100;
/** Documents whose vectors are held at a time (sentence-transformers' chunk). */
const CHUNK = 50_000;

const measures: Readonly<Record<string, keyof RankingScores>> = {
  "cosine_ndcg@10": "ndcg10",
  "cosine_mrr@10": "mrr10",
  "cosine_recall@10": "recall10",
  "cosine_accuracy@1": "accuracy1",
  "cosine_map@100": "map100",
};

/**
 * Each query searches the whole corpus by cosine, exactly; measures of `rankingScores`, averaged over the queries, as
 * sentence-transformers' InformationRetrievalEvaluator: relevance is binary (above 0), queries without a relevant
 * document are left out, a document with the query's own id is not skipped, and of equally similar documents the
 * one with the smaller id (as a string) ranks first. A resample draws queries. Judgments of other queries are ignored.
 * UserErrors: `duplicate-id`; `unknown-document` for a relevant document that is not in the corpus;
 * `no-judged-queries`.
 */
export function retrievalEvaluator(sets: RetrievalSets): Evaluator {
  requireDistinct("corpus", sets.corpus);
  requireDistinct("queries", sets.queries);
  const corpus = [...sets.corpus].sort((a, b) => (a.id < b.id ? -1 : 1));
  const relevant = relevantDocuments(sets, corpus);
  const queries = sets.queries.filter((query) => relevant.has(query.id));
  if (queries.length === 0) throw noJudgedQueries(sets);
  return evaluatorOf(retrieval, {
    rows: queries.length,
    run: async (embed) => {
      const passedOver = queries.map(({ id }) => sets.excluded?.get(id));
      const passed = (query: number, document: number): boolean =>
        passedOver[query]?.has(corpus[document].id) ?? false;
      const best = await search(embed, texts(queries), texts(corpus), passed);
      const scores = queries.map(({ id }, i) => {
        const wanted = relevant.get(id)!;
        const hits = Array.from(best.candidates(i), (document) => wanted.has(document));
        return rankingScores(hits, wanted.size);
      });
      return Object.entries(measures).map(([key, measure]) =>
        meanMetric(
          key,
          scores.map((score) => score[measure]),
        ),
      );
    },
  });
}

/** Queries, corpus and judgments in files of their own. */
export const retrieval = defineEvaluator({
  name: "retrieval",
  summary: "whether each query finds its relevant documents in a corpus, exactly searched",
  rows: ["retrieval"],
  columns: "queries, with `--corpus FILE --qrels FILE`",
  metrics: {
    "cosine_ndcg@10": "discounted gain of the first 10, of the best possible",
    "cosine_mrr@10": "1/rank of the first relevant document, 0 beyond rank 10",
    "cosine_recall@10": "share of the relevant documents among the first 10",
    "cosine_accuracy@1": "share of queries whose first document is relevant",
    "cosine_map@100": "average precision over the first 100",
  },
  options: {},
  sides: "asking",
  resampled: "queries",
  madeFor: ({ kind }) => kind === "retrieval",
  heldOut: [],
  build: ({ rows, corpus, qrels, excluded }) =>
    retrievalEvaluator({ queries: rows, corpus, qrels, excluded }),
});

const texts = (items: readonly IdentifiedText[]): string[] => items.map((item) => item.text);

/** The best documents of each query, by position in the corpus, without those that are passed over. */
async function search(
  embed: Embed,
  queries: string[],
  corpus: string[],
  passed: (query: number, document: number) => boolean,
): Promise<TopK> {
  const asked = normalizedRows(await embed(queries, "query"));
  const best = createTopK(queries.length, DEPTH);
  for (let start = 0; start < corpus.length; start += CHUNK) {
    const documents = await embed(corpus.slice(start, start + CHUNK), "document");
    await visitScores(asked, normalizedRows(documents), (query, first, scores) => {
      for (let j = 0; j < scores.length; j++) {
        const document = start + first + j;
        if (!passed(query, document)) best.offer(query, document, scores[j]);
      }
    });
  }
  return best;
}

/** Positions of the relevant documents by query id. */
function relevantDocuments(
  { queries, qrels }: RetrievalSets,
  corpus: readonly IdentifiedText[],
): Map<string, Set<number>> {
  const positions = new Map(corpus.map(({ id }, i) => [id, i]));
  const asked = new Set(queries.map(({ id }) => id));
  const relevant = new Map<string, Set<number>>();
  for (const { query, document, relevance } of qrels) {
    if (relevance <= 0 || !asked.has(query)) continue;
    const position = positions.get(document);
    if (position === undefined) throw unknownDocument(query, document);
    const known = relevant.get(query) ?? new Set<number>();
    relevant.set(query, known.add(position));
  }
  return relevant;
}

function requireDistinct(what: string, items: readonly IdentifiedText[]): void {
  const seen = new Set<string>();
  for (const { id } of items) {
    if (seen.has(id)) {
      throw new UserError("duplicate-id", `the ${what} must have distinct ids, got "${id}" twice`);
    }
    seen.add(id);
  }
}

function unknownDocument(query: string, document: string): UserError {
  return new UserError(
    "unknown-document",
    `document "${document}", relevant to query "${query}", is not in the corpus`,
    { hint: "complete the corpus, or drop the judgment from the qrels" },
  );
}

function noJudgedQueries({ queries, qrels }: RetrievalSets): UserError {
  return new UserError(
    "no-judged-queries",
    `none of the ${queries.length} queries has a relevant document in the ${qrels.length} judgments`,
    { hint: "check that queries and qrels use the same ids" },
  );
}
