import type { IdentifiedText } from "../../dataset/retrieval/load-retrieval.js";
import { UserError } from "../../errors/user-error.js";
import { createTopK, type TopK, visitScores } from "../../search/scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { meanMetric } from "../mean-metric.js";
import type { Embed, Evaluator, RankedText } from "../metric.js";
import { type RankingScores, rankingScores } from "../ranking.js";

/** How relevant a document is to a query, both by id; above 0 it is relevant. */
interface Judgment {
  readonly query: string;
  readonly document: string;
  readonly relevance: number;
}

/** Queries, the documents they search, and which are relevant (qrels). */
interface RetrievalSets {
  readonly queries: readonly (IdentifiedText & { readonly line?: number })[];
  readonly corpus: readonly IdentifiedText[];
  readonly qrels: readonly Judgment[];
  /** By query id: ids of documents that the query is not to find. */
  readonly excluded?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
}

/** Documents are ranked to this depth at least. */
const DEPTH = 100;
/** Documents whose vectors are held at a time (sentence-transformers' chunk). */
const CHUNK = 50_000;

/** Depths of accuracy, precision and recall: those of sentence-transformers. */
const DEPTHS: readonly number[] = [1, 3, 5, 10];

type Measure = (scores: RankingScores) => number;

/** Metrics by key, the deciding one first. */
function measuresAt(at: readonly number[]): ReadonlyMap<string, Measure> {
  const each = (["accuracy", "precision", "recall"] as const).flatMap((name) =>
    at.map((k, i): [string, Measure] => [`cosine_${name}@${k}`, (scores) => scores[name][i]]),
  );
  return new Map<string, Measure>([
    ["cosine_ndcg@10", ({ ndcg10 }) => ndcg10],
    ["cosine_mrr@10", ({ mrr10 }) => mrr10],
    ["cosine_map@100", ({ map100 }) => map100],
    ...each,
  ]);
}

/**
 * Each query searches the whole corpus by cosine, exactly; measures of `rankingScores`, averaged over the queries, as
 * sentence-transformers' InformationRetrievalEvaluator: relevance is binary (above 0), queries without a relevant
 * document are left out, a document with the query's own id is not skipped, and of equally similar documents the
 * one with the smaller id (as a string) ranks first. A resample draws queries. Judgments of other queries are ignored.
 * UserErrors: `duplicate-id`; `unknown-document` for a relevant document that is not in the corpus;
 * `no-judged-queries`.
 */
export function retrievalEvaluator(sets: RetrievalSets, at: readonly number[] = DEPTHS): Evaluator {
  requireDistinct("corpus", sets.corpus);
  requireDistinct("queries", sets.queries);
  const corpus = [...sets.corpus].sort((a, b) => (a.id < b.id ? -1 : 1));
  const relevant = relevantDocuments(sets, corpus);
  const queries = sets.queries.filter((query) => relevant.has(query.id));
  if (queries.length === 0) throw noJudgedQueries(sets);
  const measures = measuresAt(at);
  const depth = Math.max(DEPTH, ...at);
  return evaluatorOf(retrieval, {
    rows: queries.length,
    embeds: { own: queries.length + corpus.length, trained: 0 },
    keys: [...measures.keys()],
    run: async (embed) => {
      const passedOver = queries.map(({ id }) => sets.excluded?.get(id));
      const passed = (query: number, document: number): boolean =>
        passedOver[query]?.has(corpus[document].id) ?? false;
      const sides = { queries: texts(queries), corpus: texts(corpus), depth, passed };
      const best = await search(embed, sides);
      const hits = queries.map(({ id }, i) => {
        const wanted = relevant.get(id);
        return Array.from(best.candidates(i), (document) => wanted?.has(document) === true);
      });
      const scores = queries.map(({ id }, i) =>
        rankingScores(hits[i], relevant.get(id)?.size ?? 0, at),
      );
      const metrics = Array.from(measures, ([key, measure]) =>
        meanMetric(key, scores.map(measure)),
      );
      const ranked = queries.map((_, i) => rankedTexts(best, i, { corpus, hits: hits[i] }));
      const first = queries.map(({ id }) => corpus[Math.min(...(relevant.get(id) ?? []))]);
      return {
        metrics,
        details: {
          lines: queries.map(({ line }) => line ?? 0),
          texts: texts(queries),
          others: texts(first),
          main: "cosine_ndcg@10",
          figures: {
            rank: hits.map((found) => (found.includes(true) ? found.indexOf(true) + 1 : Infinity)),
            "cosine_ndcg@10": scores.map(({ ndcg10 }) => ndcg10),
            margin: ranked.map(marginOf),
          },
          ids: queries.map(({ id }) => id),
          ranked,
        },
      };
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
    "cosine_map@100": "average precision over the first 100",
    "cosine_accuracy@k": "share of queries with a relevant document among the first k",
    "cosine_precision@k": "relevant ones among the first k, by k",
    "cosine_recall@k": "relevant ones among the first k, by all relevant ones",
  },
  options: {
    at: {
      type: "numbers",
      element: { type: "integer", min: 1, default: 10, description: "a depth" },
      default: DEPTHS,
      description: "depths k of accuracy, precision and recall",
    },
  },
  sides: "asking",
  resampled: "queries",
  madeFor: ({ kind }) => kind === "retrieval",
  heldOut: [],
  build: ({ rows, corpus, qrels, excluded }, { at }) =>
    retrievalEvaluator({ queries: rows, corpus, qrels, excluded }, at.length === 0 ? DEPTHS : at),
});

const texts = (items: readonly IdentifiedText[]): string[] => items.map((item) => item.text);

function rankedTexts(
  best: TopK,
  query: number,
  {
    corpus,
    hits,
  }: { readonly corpus: readonly IdentifiedText[]; readonly hits: readonly boolean[] },
): RankedText[] {
  const scores = best.scores(query);
  return Array.from(best.candidates(query), (document, i) => ({
    ...corpus[document],
    score: scores[i],
    right: hits[i],
  }));
}

/** Score of the first relevant document less that of the first other one; NaN where either is beyond the depth that is searched. */
function marginOf(ranked: readonly RankedText[]): number {
  const first = (wanted: boolean): number =>
    ranked.find(({ right }) => right === wanted)?.score ?? Number.NaN;
  return first(true) - first(false);
}

interface SearchSides {
  readonly queries: string[];
  readonly corpus: string[];
  readonly depth: number;
  readonly passed: (query: number, document: number) => boolean;
}

/** The best documents of each query, by position in the corpus, without those that are passed over. */
async function search(
  embed: Embed,
  { queries, corpus, depth, passed }: SearchSides,
): Promise<TopK> {
  const asked = normalizedRows(await embed(queries, "query"));
  const best = createTopK(queries.length, depth);
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
