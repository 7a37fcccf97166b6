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
    const other = scores[place] as number;
    return score > other || (score === other && document < (documents[place] as number));
  };
  if (!before(at)) return;
  for (; at > first && before(at - 1); at--) {
    scores[at] = scores[at - 1] as number;
    documents[at] = documents[at - 1] as number;
  }
  scores[at] = score;
  documents[at] = document;
}
