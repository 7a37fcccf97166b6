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

// The passes over a resample are functions of their own that take arrays as arguments: as closures of several metrics they would run
// three times slower, since V8 then looks each array up anew in every turn.

/** The mean of per-row values under the counts of a resample. */
export function resampledMean(values: ArrayLike<number>): Resampled {
  const own = Float64Array.from(values);
  return (counts) => weightedMean(counts, own);
}

function weightedMean(counts: Uint32Array, values: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i] * values[i];
    total += counts[i];
  }
  return sum / total;
}

/** Σ numerators / Σ denominators under the counts of a resample: a mean over rows that hold several cases each. */
export function resampledRatio(
  numerators: ArrayLike<number>,
  denominators: ArrayLike<number>,
): Resampled {
  const [above, below] = [Float64Array.from(numerators), Float64Array.from(denominators)];
  return (counts) => weightedRatio(counts, above, below);
}

function weightedRatio(counts: Uint32Array, above: Float64Array, below: Float64Array): number {
  let [sumAbove, sumBelow] = [0, 0];
  for (let i = 0; i < counts.length; i++) {
    sumAbove += counts[i] * above[i];
    sumBelow += counts[i] * below[i];
  }
  return sumAbove / sumBelow;
}

/** Pearson's correlation of (x, y) under the counts of a resample. */
export function resampledPearson(x: ArrayLike<number>, y: ArrayLike<number>): Resampled {
  // Less their means, so that the sums of squares lose no digits.
  const [a, b] = [standardized(x), standardized(y)];
  return (counts) => weightedPearson(counts, a, b);
}

function weightedPearson(counts: Uint32Array, a: Float64Array, b: Float64Array): number {
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
}

/** NaN where a side is constant, but for rounding. */
function correlation(xy: number, xx: number, yy: number): number {
  return xx < 1e-12 || yy < 1e-12 ? Number.NaN : xy / Math.sqrt(xx * yy);
}

/**
 * Spearman's correlation under the counts of a resample. The rows are sorted once; the average ranks of a resample follow from cumulated
 * counts in O(n). Twice the average rank r of a row is a whole number; ranks of N drawn rows have the mean (N + 1)/2, so their products
 * sum up to (Σ 2r·2s − N(N + 1)²)/4, and groups of t equal ones leave the sum of squares (N³ − Σt³)/12.
 */
export function resampledSpearman(x: ArrayLike<number>, y: ArrayLike<number>): Resampled {
  const [first, second] = [tieGroups(x), tieGroups(y)];
  // In whose order the rows are walked is the same; without ties it takes half the time.
  const swap = second.count === second.order.length;
  const [walked, ranked] = swap ? [second, first] : [first, second];
  const steps = stepsOf(walked, ranked);
  const walk = walked.count === walked.order.length ? walkUntied : walkTied;
  const ranks = new Float64Array(ranked.count);
  const sums = new Float64Array(3);
  return (counts) => {
    countGroups(counts, ranked.of, ranks);
    const cubes = toDoubledRanks(ranks);
    walk(counts, steps, ranks, sums);
    const [products, walkedCubes, total] = sums;
    const all = total * total * total;
    const crossed = (products - total * (total + 1) * (total + 1)) / 4;
    return correlation(crossed, (all - walkedCubes) / 12, (all - cubes) / 12);
  };
}

/** Rows in rising order of their values, and the number of each row's group of equal values, of `count`. */
interface TieGroups {
  readonly order: Uint32Array;
  readonly of: Uint32Array;
  readonly count: number;
}

function tieGroups(values: ArrayLike<number>): TieGroups {
  const n = values.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i).sort((i, j) => values[i] - values[j]);
  const of = new Uint32Array(n);
  let group = 0;
  for (let k = 1; k < n; k++) {
    if (values[order[k]] !== values[order[k - 1]]) group += 1;
    of[order[k]] = group;
  }
  return { order, of, count: n === 0 ? 0 : group + 1 };
}

/** How many rows of each group were drawn. */
function countGroups(counts: Uint32Array, of: Uint32Array, sizes: Float64Array): void {
  sizes.fill(0);
  for (let i = 0; i < counts.length; i++) sizes[of[i]] += counts[i];
}

/** Turns the sizes t of groups into twice their average ranks, in place; gives Σt³. */
function toDoubledRanks(sizes: Float64Array): number {
  let [before, cubes] = [0, 0];
  for (let group = 0; group < sizes.length; group++) {
    const here = sizes[group];
    sizes[group] = 2 * before + here + 1;
    cubes += here * here * here;
    before += here;
  }
  return cubes;
}

/** For each row in rising order of its value: 2·row, 1 more for the last of a group of equal values, and the row's group on the other side. */
function stepsOf({ order, of }: TieGroups, other: TieGroups): Uint32Array {
  const steps = new Uint32Array(2 * order.length);
  order.forEach((row, k) => {
    const last = k + 1 === order.length || of[order[k + 1]] !== of[row];
    steps[2 * k] = 2 * row + (last ? 1 : 0);
    steps[2 * k + 1] = other.of[row];
  });
  return steps;
}

/** Σ of the products of doubled ranks, Σt³ of the groups that are walked, and the number of drawn rows. */
function walkTied(
  counts: Uint32Array,
  steps: Uint32Array,
  ranks: Float64Array,
  sums: Float64Array,
): void {
  let [products, cubes, before, here, sum] = [0, 0, 0, 0, 0];
  for (let at = 0; at < steps.length; at += 2) {
    const step = steps[at];
    const count = counts[step >>> 1];
    here += count;
    sum += count * ranks[steps[at + 1]];
    if ((step & 1) === 1) {
      products += (2 * before + here + 1) * sum;
      cubes += here * here * here;
      before += here;
      here = 0;
      sum = 0;
    }
  }
  sums[0] = products;
  sums[1] = cubes;
  sums[2] = before;
}

/** The same where no two values are equal. */
function walkUntied(
  counts: Uint32Array,
  steps: Uint32Array,
  ranks: Float64Array,
  sums: Float64Array,
): void {
  let [products, cubes, before] = [0, 0, 0];
  for (let at = 0; at < steps.length; at += 2) {
    const count = counts[steps[at] >>> 1];
    products += (2 * before + count + 1) * count * ranks[steps[at + 1]];
    cubes += count * count * count;
    before += count;
  }
  sums[0] = products;
  sums[1] = cubes;
  sums[2] = before;
}
