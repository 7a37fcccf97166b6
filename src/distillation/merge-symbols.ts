interface MergeOptions {
  /** Tokens that there are before anything is joined. */
  readonly start: readonly string[];
  /** Tokens that there shall be. */
  readonly size: number;
  /** Least count of a pair that is joined. */
  readonly minimum: number;
}

/** A pair of neighbours: how often it occurs, and the words that hold it (or have held it). */
interface Pair {
  readonly left: number;
  readonly right: number;
  readonly token: string;
  readonly words: Set<number>;
  count: number;
}

/** What a pair of pieces is called together: the second loses its ##. */
const joined = (left: string, right: string): string => left + right.slice(2);

/**
 * Joins the most frequent pair of neighbouring pieces again and again until there are `size` tokens or no pair occurs `minimum` times; of
 * pairs of equal count the first by the token's code units. Counts are kept by word, so that a step costs what its pair occurs.
 */
export function mergeSymbols(
  words: readonly { readonly pieces: readonly string[]; readonly count: number }[],
  { start, size, minimum }: MergeOptions,
): string[] {
  const tokens = [...start];
  const numbers = new Map(tokens.map((token, i) => [token, i]));
  const spelled = words.map(({ pieces }) => pieces.map((piece) => numbers.get(piece)!));
  const pairs = new Map<number, Pair>();
  const queue = new PairQueue();
  const change = (left: number, right: number, word: number, by: number): Pair => {
    const key = left * 2 ** 26 + right;
    let pair = pairs.get(key);
    if (pair === undefined) {
      const token = joined(tokens[left], tokens[right]);
      pair = { left, right, token, words: new Set(), count: 0 };
      pairs.set(key, pair);
    }
    pair.count += by;
    pair.words.add(word);
    return pair;
  };
  for (const [w, pieces] of spelled.entries())
    for (let i = 1; i < pieces.length; i++) change(pieces[i - 1], pieces[i], w, words[w].count);
  for (const pair of pairs.values()) queue.push(pair, pair.count);
  while (tokens.length < size) {
    const best = queue.pop();
    if (best === undefined || best.count < minimum) break;
    const number = numbers.get(best.token) ?? tokens.push(best.token) - 1;
    numbers.set(best.token, number);
    const grown = new Set<Pair>();
    for (const w of best.words) {
      const before = spelled[w];
      const after = joinIn(before, best, number);
      if (after.length === before.length) continue;
      const { count } = words[w];
      for (let i = 1; i < before.length; i++) change(before[i - 1], before[i], w, -count);
      for (let i = 1; i < after.length; i++) grown.add(change(after[i - 1], after[i], w, count));
      spelled[w] = after;
    }
    for (const pair of grown) queue.push(pair, pair.count);
    best.words.clear();
  }
  return tokens;
}

/** The pieces of a word with every occurrence of the pair joined, from the left. */
function joinIn(pieces: readonly number[], { left, right }: Pair, number: number): number[] {
  const after: number[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      after.push(number);
      i++;
    } else after.push(pieces[i]);
  }
  return after;
}

/** A binary heap of pairs by count. Counts only fall behind an entry's back: a stale one goes back in with what is true. */
class PairQueue {
  private readonly heap: { readonly pair: Pair; readonly count: number }[] = [];

  push(pair: Pair, count: number): void {
    this.heap.push({ pair, count });
    for (let i = this.heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.before(i, parent)) break;
      this.swap(i, parent);
      i = parent;
    }
  }

  /** The pair with the highest count now. */
  pop(): Pair | undefined {
    while (this.heap.length > 0) {
      const { pair, count } = this.take();
      if (pair.count === count) return pair;
      if (pair.count > 0 && pair.count < count) this.push(pair, pair.count);
    }
    return undefined;
  }

  private take() {
    const [first] = this.heap;
    const last = this.heap.pop()!;
    if (this.heap.length > 0) this.heap[0] = last;
    for (let i = 0; ; ) {
      const [l, r] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (l < this.heap.length && this.before(l, least)) least = l;
      if (r < this.heap.length && this.before(r, least)) least = r;
      if (least === i) return first;
      this.swap(i, least);
      i = least;
    }
  }

  private before(i: number, j: number): boolean {
    const [a, b] = [this.heap[i], this.heap[j]];
    return a.count > b.count || (a.count === b.count && a.pair.token < b.pair.token);
  }

  private swap(i: number, j: number): void {
    [this.heap[i], this.heap[j]] = [this.heap[j], this.heap[i]];
  }
}
