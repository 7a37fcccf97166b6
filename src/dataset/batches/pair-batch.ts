import type { PairIndex } from "./pair-index.js";

/** A batch of B pair rows with K explicit negatives each and N = B + B·K candidates, by text ids. */
export interface PairBatch {
  /** The rows of the batch [B]. */
  readonly rows: Int32Array;
  /** Text ids of the anchors [B]. */
  readonly anchors: Int32Array;
  /**
   * Text ids of the candidates [N]: the B positives, then n_ik at B + i·K + k. A missing negative holds its row's positive, so that there is
   * a vector, and is masked for all anchors.
   */
  readonly candidates: Int32Array;
  readonly negativesPerRow: number;
  /** [B,N], row-major, 1: candidate j is no negative of anchor i and is removed. Never its own positive. */
  readonly mask: Uint8Array;
}

interface PairBatchOptions {
  /** K; default the largest number of negatives of any row, so that the shape is the same in every batch. */
  readonly negativesPerRow?: number;
  /** false: only missing negatives are masked (`--no-shuffle`). Default true. */
  readonly falseNegatives?: boolean;
}

/**
 * Makes batches of rows. The mask removes for anchor i: the positive of every row connected with i, and every explicit negative of another
 * row whose text is an anchor or positive of i's component (its own anchor and positive among them). Its own explicit negatives
 * stay, unless they equal its own anchor or positive: the data say that they are negatives.
 */
export function pairBatcher(
  index: PairIndex,
  options: PairBatchOptions = {},
): (rows: Int32Array) => PairBatch {
  const K = options.negativesPerRow ?? index.maxNegatives;
  const falseNegatives = options.falseNegatives ?? true;
  const connected = connectedRows(index);
  return (rows) => {
    const B = rows.length;
    const anchors = rows.map((row) => index.anchors[row]);
    const candidates = new Int32Array(B + B * K);
    const mask = new Uint8Array(B * candidates.length);
    const batch = { rows, anchors, candidates, negativesPerRow: K, mask };
    fillCandidates(batch, index);
    if (falseNegatives) maskFalseNegatives(batch, index, connected(rows));
    return batch;
  };
}

function fillCandidates(
  { rows, candidates, negativesPerRow: K, mask }: PairBatch,
  index: PairIndex,
): void {
  const B = rows.length;
  for (let i = 0; i < B; i++) {
    const row = rows[i];
    const start = index.negativeStart[row];
    const count = index.negativeStart[row + 1] - start;
    const positive = index.positives[row];
    candidates[i] = positive;
    for (let k = 0; k < K; k++) {
      const column = B + i * K + k;
      candidates[column] = k < count ? index.negatives[start + k] : positive;
      if (k >= count) for (let a = 0; a < B; a++) mask[a * candidates.length + column] = 1;
    }
  }
}

/** Places of the batch by component: `first` and then `next` lead through the places with a component, −1 ends. */
interface Places {
  first(component: number): number;
  readonly next: Int32Array;
}

/** Finds a batch's rows by component in O(B); what the last batch left is cleared first. */
function connectedRows(index: PairIndex): (rows: Int32Array) => Places {
  const heads = new Int32Array(index.components.length).fill(-1);
  let last: readonly number[] = [];
  return (rows) => {
    for (const component of last) heads[component] = -1;
    last = Array.from(rows, (row) => index.components[row]);
    const next = new Int32Array(rows.length);
    last.forEach((component, place) => {
      next[place] = heads[component];
      heads[component] = place;
    });
    return { first: (component) => (component < 0 ? -1 : heads[component]), next };
  };
}

function maskFalseNegatives(batch: PairBatch, index: PairIndex, places: Places): void {
  const { candidates, anchors, mask, negativesPerRow: K } = batch;
  const B = anchors.length;
  const N = candidates.length;
  for (let column = 0; column < N; column++) {
    const text = candidates[column];
    const owner = column < B ? column : Math.floor((column - B) / K);
    let place = places.first(index.textComponents[text]);
    for (; place >= 0; place = places.next[place]) {
      const own = place === owner;
      const kept = own && (column < B || (text !== anchors[place] && text !== candidates[place]));
      if (!kept) mask[place * N + column] = 1;
    }
  }
}
