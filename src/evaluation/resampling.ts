import { standardized } from "./swap.js";

/** A statistic of a resample: `counts[i]` says how often row i was drawn. */
export type Resampled = (counts: Uint32Array) => number;

/** Computes anew only when the counts differ from the last ones: for metrics that share a pass over the resample. */
export function rememberLast<T>(statistic: (counts: Uint32Array) => T): (counts: Uint32Array) => T {
  let last: { readonly counts: Uint32Array; readonly result: T } | undefined;
  return (counts) => {
    if (last === undefined || Buffer.compare(bytesOf(last.counts), bytesOf(counts)) !== 0) {
      last = { counts: counts.slice(), result: statistic(counts) };
    }
    return last.result;
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The mean of per-row values under the counts of a resample. */
export function resampledMean(values: ArrayLike<number>): Resampled {
  return (counts) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < counts.length; i++) {
      sum += counts[i] * values[i];
      total += counts[i];
    }
    return sum / total;
  };
}

/** Σ numerators / Σ denominators under the counts of a resample: a mean over rows that hold several cases each. */
export function resampledRatio(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
): Resampled {
  return (counts) => {
    let above = 0;
    let below = 0;
    for (let i = 0; i < counts.length; i++) {
      above += counts[i] * numerators[i];
      below += counts[i] * denominators[i];
    }
    return above / below;
  };
}

/** Pearson's correlation of (x, y) under the counts of a resample. */
export function resampledPearson(x: ArrayLike<number>, y: ArrayLike<number>): Resampled {
  // Less their means, so that the sums of squares lose no digits.
  const [a, b] = [standardized(x), standardized(y)];
  return (counts) => {
    let [n, sa, sb, ab, aa, bb] = [0, 0, 0, 0, 0, 0];
    for (let i = 0; i < counts.length; i++) {
      const w = counts[i];
      const wa = w * a[i];
      const wb = w * b[i];
      n += w;
      sa += wa;
      sb += wb;
      ab += wa * b[i];
      aa += wa * a[i];
      bb += wb * b[i];
    }
    return correlation(ab - (sa * sb) / n, aa - (sa * sa) / n, bb - (sb * sb) / n);
  };
}

/** NaN where a side is constant, but for rounding. */
function correlation(xy: number, xx: number, yy: number): number {
  return xx < 1e-12 || yy < 1e-12 ? Number.NaN : xy / Math.sqrt(xx * yy);
}

/**
 * Spearman's correlation under the counts of a resample. The rows are sorted once; the average ranks of a resample follow from cumulated
 * counts in O(n). Ranks of N drawn rows have the mean (N + 1)/2, and groups of t equal ones leave the sum of squares
 * (N³ − N − Σ(t³ − t))/12, so only the products need a pass.
 */
export function resampledSpearman(x: ArrayLike<number>, y: ArrayLike<number>): Resampled {
  const { order, ends } = tieGroups(x);
  const ofY = groupNumbers(tieGroups(y));
  const yInOrder = Uint32Array.from(order, (row) => ofY.of[row]);
  const drawnY = new Float64Array(ofY.count);
  return (counts) => {
    drawnY.fill(0);
    for (let i = 0; i < counts.length; i++) drawnY[ofY.of[i]] += counts[i];
    const [total, tiesY] = toRanks(drawnY);
    const middle = (total + 1) / 2;
    let [before, tiesX, products] = [0, 0, 0];
    let k = 0;
    for (let group = 0; group < ends.length; group++) {
      let here = 0;
      let sum = 0;
      for (const end = ends[group]; k < end; k++) {
        const count = counts[order[k]];
        here += count;
        sum += count * (drawnY[yInOrder[k]] - middle);
      }
      products += (before + (here + 1) / 2 - middle) * sum;
      tiesX += here * here * here - here;
      before += here;
    }
    const squares = total * total * total - total;
    return correlation(products, (squares - tiesX) / 12, (squares - tiesY) / 12);
  };
}

/** Rows in rising order of their values, and where each group of equal values ends. */
interface TieGroups {
  readonly order: Uint32Array;
  readonly ends: Uint32Array;
}

function tieGroups(values: ArrayLike<number>): TieGroups {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const ends: number[] = [];
  for (let k = 1; k <= n; k++) {
    if (k === n || values[order[k]] !== values[order[k - 1]]) ends.push(k);
  }
  return { order, ends: Uint32Array.from(ends) };
}

/** The number of each row's group, in rising order of values. */
function groupNumbers({ order, ends }: TieGroups) {
  const of = new Uint32Array(order.length);
  ends.forEach((end, group) => {
    for (let k = group === 0 ? 0 : ends[group - 1]; k < end; k++) of[order[k]] = group;
  });
  return { of, count: ends.length };
}

/** Turns the sizes t of groups into their average ranks, in place; gives Σt and Σ(t³ − t). */
function toRanks(sizes: Float64Array): readonly [number, number] {
  let [before, ties] = [0, 0];
  for (let group = 0; group < sizes.length; group++) {
    const here = sizes[group];
    sizes[group] = before + (here + 1) / 2;
    ties += here * here * here - here;
    before += here;
  }
  return [before, ties];
}
