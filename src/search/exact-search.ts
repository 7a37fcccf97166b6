import { internal } from "../errors/internal.js";
import { throwIfInterrupted } from "../errors/interrupted.js";
import { float32, type Matrix, type Tensor } from "../math/tensor.js";
import type { Runtime } from "../runtime/runtime.js";
import { groupSize, productGraph, topGraph } from "./search-graph.js";
import { createTopList, lowest, merge, offer, type TopList } from "./top-list.js";

interface SearchOptions {
  readonly runtime: Runtime;
  /** Vectors of unit length, so that products are cosines [n,D]. */
  readonly queries: Matrix;
  /** [N,D] */
  readonly documents: Matrix;
  readonly k: number;
  /** What was found in the first `done` blocks of documents by an earlier search. */
  readonly start?: { readonly list: TopList; readonly done: number } | undefined;
  /** Called after each block of documents, with what was found so far and how many of all blocks are done. */
  readonly onBlock?:
    | ((list: TopList, done: number, blocks: number) => Promise<void> | void)
    | undefined;
  readonly onProgress?: (products: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Documents multiplied at a time (48 MB at 384 dimensions) and queries (scores of 64 MB). */
const blockDocuments = 32_768;
const blockQueries = 512;

/**
 * The k documents with the largest products of each query, exactly, by matrix products in ONNX Runtime. Memory beyond the vectors: about
 * four times a block of documents. Documents come in blocks whose vectors stay with the runtime while all queries pass.
 */
export async function searchExact(options: SearchOptions): Promise<TopList> {
  const { queries, documents, k, start, signal } = options;
  const list = start?.list ?? createTopList(queries.rows, k);
  const blocks = documentBlocks(documents, k);
  let products = 0;
  for (const [number, block] of blocks.entries()) {
    const size = queries.rows * block.rows.rows;
    if (number >= (start?.done ?? 0)) {
      await searchBlock(options, list, block, (share) =>
        options.onProgress?.(products + share * size),
      );
      throwIfInterrupted(signal);
      await options.onBlock?.(list, number + 1, blocks.length);
    }
    products += size;
  }
  return list;
}

interface Block {
  readonly first: number;
  readonly rows: Matrix;
  /** Whether the best are found in the runtime; a small block's scores are looked through here. */
  readonly grouped: boolean;
}

/** Blocks of equal size and whole groups, and what is left over. */
function documentBlocks(documents: Matrix, k: number): Block[] {
  const blocks: Block[] = [];
  const share = documents.rows / Math.ceil(documents.rows / blockDocuments);
  const size = Math.ceil(share / groupSize) * groupSize;
  for (let first = 0; first < documents.rows; ) {
    const left = Math.min(size, documents.rows - first);
    const whole = left - (left % groupSize);
    const grouped = whole >= 2 * groupSize * k;
    const count = grouped ? whole : left;
    blocks.push({ first, rows: rowsOf(documents, first, count), grouped });
    first += count;
  }
  return blocks;
}

async function searchBlock(
  { runtime, queries, k, signal }: SearchOptions,
  list: TopList,
  { first, rows, grouped }: Block,
  onShare: (share: number) => void,
): Promise<void> {
  const size = Math.min(blockQueries, Math.max(1, queries.rows));
  const model = grouped ? topGraph(rows, { queries: size, k }) : productGraph(rows);
  const session = await runtime.createSession(model, { memoryPattern: true });
  const take = grouped ? takeTop : takeAll;
  const waiting: (() => Promise<void>)[] = [];
  try {
    for (let query = 0; query < queries.rows; query += size) {
      throwIfInterrupted(signal);
      const some = rowsOf(queries, query, size);
      const running = session.run(
        grouped ? limitedFeeds(padded(some, size), list, query) : feedsOf(some),
        undefined,
        { transfer: true },
      );
      running.catch(() => undefined);
      waiting.push(async () => {
        take(list, await running, { query, count: some.rows, first, documents: rows.rows });
        onShare(Math.min(1, (query + size) / queries.rows));
      });
      // One block is multiplied while the results of the one before are looked through.
      if (waiting.length > 1) await waiting.shift()?.();
    }
    for (const finish of waiting) await finish();
  } finally {
    await session.release();
  }
}

type Feeds = Readonly<Record<string, Tensor>>;

function feedsOf({ rows, cols, data }: Matrix): Feeds {
  return { queries: float32([rows, cols], data.slice(0, rows * cols)) };
}

/** With the scores that a document must exceed; nothing exceeds those of rows that only fill a block up. */
function limitedFeeds(queries: Matrix, list: TopList, first: number): Feeds {
  const thresholds = new Float32Array(queries.rows).fill(Number.POSITIVE_INFINITY);
  const count = Math.min(queries.rows, list.queries - first);
  for (let i = 0; i < count; i++) thresholds[i] = lowest(list, first + i);
  return { ...feedsOf(queries), thresholds: float32([queries.rows, 1], thresholds) };
}

interface Range {
  readonly query: number;
  readonly count: number;
  readonly first: number;
  readonly documents: number;
}

function takeTop(list: TopList, { scores, found }: Feeds, range: Range): void {
  if (scores === undefined || found === undefined) internal("a search without results");
  const [, m = 0] = scores.shape;
  for (let i = 0; i < range.count; i++) {
    merge(list, range.query + i, {
      scores: (scores.data as Float32Array).subarray(i * m, (i + 1) * m),
      documents: (found.data as Int32Array).subarray(i * m, (i + 1) * m),
      first: range.first,
    });
  }
}

function takeAll(list: TopList, found: Feeds, range: Range): void {
  const scores = found.scores?.data as Float32Array;
  for (let i = 0; i < range.count; i++) {
    const query = range.query + i;
    for (let j = 0; j < range.documents; j++) {
      const score = scores[i * range.documents + j];
      if (score >= lowest(list, query)) offer(list, query, range.first + j, score);
    }
  }
}

function padded(queries: Matrix, size: number): Matrix {
  if (queries.rows === size) return queries;
  const data = new Float32Array(size * queries.cols);
  data.set(queries.data.subarray(0, queries.rows * queries.cols));
  return { rows: size, cols: queries.cols, data };
}

/** Up to `count` rows from `first` on, over the same memory. */
function rowsOf({ rows, cols, data }: Matrix, first: number, count: number): Matrix {
  const end = Math.min(rows, first + count);
  return { rows: end - first, cols, data: data.subarray(first * cols, end * cols) };
}
