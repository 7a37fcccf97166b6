import type { PairIndex } from "../dataset/batches/pair-index.js";
import type { Matrix } from "../math/tensor.js";
import type { Runtime } from "../runtime/runtime.js";
import { searchExact } from "../search/exact-search.js";
import type { TopList } from "../search/top-list.js";
import type { Candidates } from "./candidates.js";
import { openSearchState } from "./search-state.js";
import {
  inRange,
  noCounts,
  type RuleCounts,
  type Scored,
  type SelectionRules,
} from "./select-negatives.js";

/** The candidates in the wanted range of each distinct anchor. */
export interface Nearest {
  /** By the anchor's text id. */
  readonly of: (anchor: number) => readonly Scored[];
  /** What was left out on the way, over anchors. */
  readonly counts: RuleCounts;
}

interface NearestOptions {
  readonly runtime: Runtime;
  readonly index: PairIndex;
  readonly candidates: Candidates;
  /** Text ids of the distinct anchors, in the order of `queries`. */
  readonly anchors: Int32Array;
  readonly queries: Matrix;
  readonly documents: Matrix;
  readonly rules: SelectionRules;
  readonly cache: string | undefined;
  /** What the search depends on, for the name of its unfinished state. */
  readonly key: readonly unknown[];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (products: number) => void;
}

/** Anchors with more texts of their own than this are searched apart, so that not all have to look for so many candidates more. */
const usualOwn = 224;

/** Finds the candidates in range of every anchor: as many as asked for and as many more as may be the anchor's own texts. */
export async function findNearest(options: NearestOptions): Promise<Nearest> {
  const { index, anchors, candidates, rules } = options;
  const own = Array.from(anchors, (id) => candidates.ownOf(index.textComponents[id]));
  const few = places(own, (texts) => texts.length <= usualOwn);
  const many = places(own, (texts) => texts.length > usualOwn);
  const ranges = new Map<number, readonly Scored[]>();
  const counts = noCounts();
  let products = 0;
  for (const chosen of [few, many]) {
    if (chosen.length === 0) continue;
    const most = chosen.reduce((all, place) => Math.max(all, own[place]?.length ?? 0), 0);
    const list = await searchSome(options, chosen, rules.rangeMax + most, (done) =>
      options.onProgress(products + done),
    );
    products += chosen.length * options.documents.rows;
    chosen.forEach((place, i) => {
      const found = inRange(scoredOf(list, i), new Set(own[place]), rules, counts);
      ranges.set(anchors[place], found);
    });
  }
  return { of: (anchor) => ranges.get(anchor) ?? [], counts };
}

async function searchSome(
  options: NearestOptions,
  chosen: readonly number[],
  wanted: number,
  onProgress: (products: number) => void,
): Promise<TopList> {
  const { queries, documents, runtime, signal, cache } = options;
  const k = Math.min(wanted, documents.rows);
  const state =
    cache === undefined
      ? undefined
      : openSearchState(cache, { key: [options.key, documents.rows], queries: chosen.length, k });
  const start = state?.read();
  return searchExact({
    runtime,
    queries: chosen.length === queries.rows ? queries : gather(queries, chosen),
    documents,
    k,
    signal,
    onProgress,
    start,
    onBlock: state?.write,
  });
}

function* scoredOf({ documents, scores, k }: TopList, query: number): Generator<Scored> {
  for (let at = query * k; at < (query + 1) * k; at++) {
    const candidate = documents[at];
    if (candidate < 0) return;
    yield { candidate, score: scores[at] };
  }
}

function places<T>(items: readonly T[], wanted: (item: T) => boolean): number[] {
  return items.flatMap((item, place) => (wanted(item) ? [place] : []));
}

function gather({ cols, data }: Matrix, rows: readonly number[]): Matrix {
  const some = new Float32Array(rows.length * cols);
  rows.forEach((row, i) => {
    some.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { rows: rows.length, cols, data: some };
}
