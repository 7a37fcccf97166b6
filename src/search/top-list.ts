/** The best k documents of each of n queries so far: scores falling, −1 where fewer were found. */
export interface TopList {
  readonly queries: number;
  readonly k: number;
  /** Document numbers [n,k]. */
  readonly documents: Int32Array;
  readonly scores: Float32Array;
}

/** Nothing found yet. */
export function createTopList(queries: number, k: number): TopList {
  return {
    queries,
    k,
    documents: new Int32Array(queries * k).fill(-1),
    scores: new Float32Array(queries * k).fill(Number.NEGATIVE_INFINITY),
  };
}

/** Considers a document. Of equal scores the lower number stays ahead, in whatever order they come. */
export function offer(list: TopList, query: number, document: number, score: number): void {
  const { documents, scores, k } = list;
  const first = query * k;
  let at = first + k - 1;
  const before = (place: number): boolean => {
    const other = scores[place];
    return score > other || (score === other && document < documents[place]);
  };
  if (!before(at)) return;
  for (; at > first && before(at - 1); at--) {
    scores[at] = scores[at - 1];
    documents[at] = documents[at - 1];
  }
  scores[at] = score;
  documents[at] = document;
}

/** The score of the last of a query's k documents; −∞ where there are fewer. */
export function lowest({ scores, k }: TopList, query: number): number {
  return scores[(query + 1) * k - 1];
}

/** Documents of a later block by falling score: their numbers count from `first`, behind all that are in the list. */
interface Found {
  readonly scores: Float32Array;
  readonly documents: Int32Array;
  readonly first: number;
}

/** Considers many documents at once, as `offer` does each; only those above the list's lowest score come in. */
export function merge(list: TopList, query: number, found: Found): void {
  const { scores, k } = list;
  const start = query * k;
  let taken = 0;
  // Of the k best, how many are new: each pushes out the last of the old ones that are left.
  while (taken < Math.min(k, found.scores.length)) {
    if (!(found.scores[taken] > scores[start + k - 1 - taken])) break;
    taken += 1;
  }
  let old = k - taken - 1;
  for (let at = k - 1, next = taken - 1; next >= 0; at--) {
    const score = found.scores[next];
    if (old >= 0 && scores[start + old] < score) move(list, start + old--, start + at);
    else
      put(list, [start, at], {
        score,
        document: found.first + found.documents[next--],
      });
  }
}

function move({ scores, documents }: TopList, from: number, to: number): void {
  scores[to] = scores[from];
  documents[to] = documents[from];
}

/** Puts a document at a place, and behind those of the same score with lower numbers that stand after it. */
function put(
  list: TopList,
  [start, at]: readonly [number, number],
  { score, document }: { readonly score: number; readonly document: number },
): void {
  const { scores, documents, k } = list;
  let place = start + at;
  for (; place + 1 < start + k; place++) {
    if (scores[place + 1] !== score || documents[place + 1] > document) break;
    move(list, place + 1, place);
  }
  scores[place] = score;
  documents[place] = document;
}
