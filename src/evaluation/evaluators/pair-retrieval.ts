import { indexPairs } from "../../dataset/batches/pair-index.js";
import type { PairRow } from "../../dataset/rows/row-types.js";
import type { Matrix } from "../../math/tensor.js";
import { createTopK, type TopK, visitScores } from "../../search/scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { meanMetric } from "../mean-metric.js";
import type { EmbeddedTexts, Evaluator, RankedText } from "../metric.js";
import { unitsOfComponents } from "../units.js";

/** The deepest rank that counts. */
const DEPTH = 10;
/** Nearest candidates that are told of each anchor. */
const TOLD = 3;

/** A held-out pair; rows of one `component` (shared texts, equal group) mean the same. */
interface RetrievalPair {
  readonly anchor: string;
  readonly positive: string;
  readonly component: number;
  readonly line?: number;
  /** What it belongs to with further texts that are searched. */
  readonly related?: number | undefined;
}

/** A text that is searched beside the positives of the rows; it is passed over for the anchors of rows that are `related` by the same number, since it may be right. */
export interface OtherText {
  readonly text: string;
  readonly related?: number | undefined;
}

interface Sets {
  readonly queries: readonly string[];
  readonly documents: readonly string[];
  readonly queryComponents: readonly number[];
  readonly documentComponents: readonly number[];
  /** Of each query: its line and the first of its positives. */
  readonly lines: readonly number[];
  readonly positives: readonly string[];
  readonly documentLines: readonly number[];
  /** Equal where a further text may be right for a query; of queries −1 and of documents −2 where nothing is known. */
  readonly queryRelated: readonly number[];
  readonly documentRelated: readonly number[];
}

/**
 * Each anchor searches all positives of the held-out rows by cosine. A positive is right when it belongs to the
 * anchor's component; the anchor's own text is left out of the candidates.
 * accuracy@1 = share of anchors whose best candidate is right; mrr@10 = mean of 1/rank of the first right
 * candidate, 0 beyond rank 10 (sentence-transformers' InformationRetrievalEvaluator). Ties count against the model. `others` are further
 * candidates, wrong but for the anchors that they are related to, which pass them over.
 */
export function pairRetrievalEvaluator(
  pairs: readonly RetrievalPair[],
  others: readonly OtherText[] = [],
): Evaluator {
  const sets = withOthers(distinctTexts(pairs), others);
  return evaluatorOf(pairRetrieval, {
    rows: sets.queries.length,
    embeds: embedsOf(sets),
    run: async (embed) => {
      const queries = normalizedRows(await embed(sets.queries, "query"));
      const documents = normalizedRows(await embed(sets.documents, "document"));
      const { ranks, margins, nearest } = await search(sets, queries, documents);
      const hits = ranks.map((rank) => (rank === 1 ? 1 : 0));
      const reciprocal = ranks.map((rank) => 1 / rank);
      return {
        metrics: [meanMetric("cosine_mrr@10", reciprocal), meanMetric("cosine_accuracy@1", hits)],
        units: unitsOfComponents(sets.queryComponents),
        details: {
          lines: sets.lines,
          texts: sets.queries,
          others: sets.positives,
          main: "cosine_mrr@10",
          figures: { rank: ranks, "cosine_mrr@10": reciprocal, margin: margins },
          ranked: ranks.map((_, query) => told(nearest, query, sets)),
        },
      };
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
  build: ({ rows }) => retrievalAmong(rows, []),
});

/** The evaluator of pairs whose anchors search further texts too; `related` numbers what the rows belong to with those. */
export function retrievalAmong(
  rows: readonly PairRow[],
  others: readonly OtherText[],
  related?: ArrayLike<number>,
): Evaluator {
  const { components } = indexPairs(rows);
  const pairs = rows.map((row, i) => ({
    ...row,
    component: components[i],
    related: related?.[i],
  }));
  return pairRetrievalEvaluator(pairs, others);
}

/** Other texts belong to no component; those that are measured themselves count once. */
function withOthers(sets: Sets, others: readonly OtherText[]): Sets {
  const known = new Set([...sets.documents, ...sets.queries]);
  const texts = new Map(others.map((other) => [other.text, other]));
  const added = [...texts.values()].filter(({ text }) => !known.has(text));
  return {
    ...sets,
    documents: [...sets.documents, ...added.map(({ text }) => text)],
    documentComponents: [...sets.documentComponents, ...added.map(() => -1)],
    documentLines: [...sets.documentLines, ...added.map(() => 0)],
    documentRelated: [...sets.documentRelated, ...added.map(({ related }) => related ?? -2)],
  };
}

/** Other texts belong to no component. */
function embedsOf({ queries, documents, documentComponents }: Sets): EmbeddedTexts {
  const trained = documentComponents.filter((component) => component === -1).length;
  return { own: queries.length + documents.length - trained, trained };
}

function distinctTexts(pairs: readonly RetrievalPair[]): Sets {
  const queries = new Map(pairs.map((pair) => [pair.anchor, pair.component]));
  const related = new Map(pairs.map((pair) => [pair.anchor, pair.related ?? -1]));
  const documents = new Map(pairs.map((pair) => [pair.positive, pair.component]));
  return {
    queries: [...queries.keys()],
    documents: [...documents.keys()],
    queryComponents: [...queries.values()],
    documentComponents: [...documents.values()],
    queryRelated: [...related.values()],
    documentRelated: [...documents.values()].map(() => -2),
    ...firstRows(pairs),
  };
}

/** Line and positive of the first pair of each anchor, line of the first of each positive. */
function firstRows(
  pairs: readonly RetrievalPair[],
): Pick<Sets, "lines" | "positives" | "documentLines"> {
  const backwards = [...pairs].reverse();
  const anchors = new Map(backwards.map((pair) => [pair.anchor, pair]));
  const positives = new Map(backwards.map(({ positive, line }) => [positive, line ?? 0]));
  const first = [...new Set(pairs.map(({ anchor }) => anchor))].map((text) => anchors.get(text)!);
  return {
    lines: first.map(({ line }) => line ?? 0),
    positives: first.map(({ positive }) => positive),
    documentLines: [...new Set(pairs.map(({ positive }) => positive))].map(
      (text) => positives.get(text) ?? 0,
    ),
  };
}

function told(nearest: TopK, query: number, sets: Sets): RankedText[] {
  const scores = nearest.scores(query);
  return Array.from(nearest.candidates(query), (document, i) => {
    const text = sets.documents[document];
    const right = sets.documentComponents[document] === sets.queryComponents[query];
    return { id: text, text, score: scores[i], right, line: sets.documentLines[document] };
  });
}

interface Found {
  readonly ranks: readonly number[];
  /** Score of the best right candidate less that of the best wrong one. */
  readonly margins: readonly number[];
  /** The best candidates besides the anchor itself. */
  readonly nearest: TopK;
}

/**
 * For each query 1 + the number of wrong candidates that score at least as high as the best right one; Infinity beyond
 * `DEPTH`, since only so many wrong ones are kept.
 */
async function search(sets: Sets, queries: Matrix, documents: Matrix): Promise<Found> {
  const wrong = createTopK(queries.rows, DEPTH);
  const nearest = createTopK(queries.rows, TOLD);
  const right = new Float64Array(queries.rows).fill(Number.NEGATIVE_INFINITY);
  await visitScores(queries, documents, (query, first, scores) => {
    const component = sets.queryComponents[query];
    const related = sets.queryRelated[query];
    for (let j = 0; j < scores.length; j++) {
      const document = first + j;
      if (sets.documentRelated[document] === related) continue;
      const itself = sets.documents[document] === sets.queries[query];
      if (!itself) nearest.offer(query, document, scores[j]);
      if (sets.documentComponents[document] !== component) {
        wrong.offer(query, document, scores[j]);
      } else if (scores[j] > right[query] && !itself) {
        right[query] = scores[j];
      }
    }
  });
  const ranks = Array.from(right, (best, query) => {
    const before = wrong.scores(query).filter((score) => score >= best).length;
    return before < DEPTH ? 1 + before : Number.POSITIVE_INFINITY;
  });
  const margins = Array.from(right, (best, query) => best - wrong.scores(query)[0]);
  return { ranks, margins, nearest };
}
