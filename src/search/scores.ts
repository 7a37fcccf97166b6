import { setImmediate } from "node:timers/promises";
import type { Matrix } from "../math/tensor.js";
import { multiply } from "./product.js";

/** Scores are computed for so many queries × documents at a time: 8 MB. */
const BLOCK_QUERIES = 128;
const BLOCK_DOCUMENTS = 8192;

/** Gets the scores of one query with documents first, first + 1, …; the array is reused. */
type ScoreVisitor = (query: number, first: number, scores: Float64Array) => void;

/**
 * The products of every query with every document, handed over in blocks so that memory stays bounded: for each query
 * its documents come in rising order. Rows of unit length give cosines. Other work may run between blocks.
 */
export async function visitScores(
  queries: Matrix,
  documents: Matrix,
  visit: ScoreVisitor,
): Promise<void> {
  const scores = new Float64Array(BLOCK_QUERIES * Math.min(BLOCK_DOCUMENTS, documents.rows));
  for (let d = 0; d < documents.rows; d += BLOCK_DOCUMENTS) {
    const some = rowsOf(documents, d, BLOCK_DOCUMENTS);
    for (let q = 0; q < queries.rows; q += BLOCK_QUERIES) {
      const asked = rowsOf(queries, q, BLOCK_QUERIES);
      const block = scores.subarray(0, asked.rows * some.rows);
      multiply(asked, some, block);
      for (let i = 0; i < asked.rows; i++) {
        visit(q + i, d, block.subarray(i * some.rows, (i + 1) * some.rows));
      }
      await setImmediate();
    }
  }
}

/** Up to `count` rows from `first` on, over the same memory. */
function rowsOf({ rows, cols, data }: Matrix, first: number, count: number): Matrix {
  const end = Math.min(rows, first + count);
  return { rows: end - first, cols, data: data.subarray(first * cols, end * cols) };
}

/** The best k candidates of each query so far. */
export interface TopK {
  /** Considers a candidate. Of equal scores the one offered first stays ahead. */
  offer(query: number, candidate: number, score: number): void;
  /** Candidates of the query by falling score; fewer than k where fewer were offered. */
  candidates(query: number): Int32Array;
  /** Their scores; −∞ where fewer than k were offered. */
  scores(query: number): Float64Array;
}

/** Keeps the best k for each of `queries` queries. */
export function createTopK(queries: number, k: number): TopK {
  const scores = new Float64Array(queries * k).fill(Number.NEGATIVE_INFINITY);
  const candidates = new Int32Array(queries * k).fill(-1);
  return {
    offer: (query, candidate, score) => {
      const first = query * k;
      let at = first + k - 1;
      if (!(score > scores[at])) return;
      for (; at > first && score > scores[at - 1]; at--) {
        scores[at] = scores[at - 1];
        candidates[at] = candidates[at - 1];
      }
      scores[at] = score;
      candidates[at] = candidate;
    },
    candidates: (query) => {
      const found = candidates.subarray(query * k, (query + 1) * k);
      const end = found.indexOf(-1);
      return end < 0 ? found : found.subarray(0, end);
    },
    scores: (query) => scores.subarray(query * k, (query + 1) * k),
  };
}

/** The best k documents of each query; of equal scores the earlier document comes first. */
export async function searchTopK(queries: Matrix, documents: Matrix, k: number): Promise<TopK> {
  const best = createTopK(queries.rows, k);
  await visitScores(queries, documents, (query, first, scores) => {
    for (let j = 0; j < scores.length; j++) best.offer(query, first + j, scores[j]);
  });
  return best;
}
