/** How many values fall into a range, both ends included; `to` of the last bin is Infinity in memory and null in JSON. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Lengths of texts, in words or in tokens. */
export interface Lengths {
  readonly texts: number;
  readonly mean: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
  /** Line of the longest text. */
  readonly longestLine: number;
  readonly histogram: readonly Bin[];
}

export interface LengthCount {
  add(length: number, line: number): void;
  /** How many were longer than so much. */
  above(length: number): number;
  summary(): Lengths;
}

/** Lengths from here on are counted together; quantiles stop here, the longest is exact. */
const most = 1 << 14;
const edges = [0, 4, 8, 16, 32, 64, 128, 256, 512, Number.POSITIVE_INFINITY];

/** Counts lengths in constant memory. */
export function createLengthCount(): LengthCount {
  const counts = new Uint32Array(most + 1);
  let texts = 0;
  let sum = 0;
  let longest = 0;
  let longestLine = 0;
  const between = (from: number, to: number): number => {
    let total = 0;
    for (let length = from; length <= Math.min(to, most); length++) total += counts[length];
    return total;
  };
  const quantile = (q: number): number => {
    let left = Math.ceil(q * texts);
    for (let length = 0; length <= most; length++) {
      left -= counts[length];
      if (left <= 0) return length;
    }
    return longest;
  };
  return {
    add: (length, line) => {
      const place = Math.min(length, most);
      counts[place] = counts[place] + 1;
      texts += 1;
      sum += length;
      if (length <= longest) return;
      longest = length;
      longestLine = line;
    },
    above: (length) => between(length + 1, Number.POSITIVE_INFINITY),
    summary: () => ({
      texts,
      mean: texts === 0 ? 0 : sum / texts,
      median: quantile(0.5),
      p95: quantile(0.95),
      p99: quantile(0.99),
      longest,
      longestLine,
      histogram: edges.slice(1).map((to, i) => {
        const from = i === 0 ? 0 : edges[i] + 1;
        return { from, to, count: between(from, to) };
      }),
    }),
  };
}
