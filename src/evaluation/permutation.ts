import { createRandom, type Random } from "../math/random.js";
import { positivesOf } from "./score-cuts.js";
import type { Swap } from "./swap.js";
import type { Units } from "./units.js";

export interface PermutationOptions {
  /** Rows that are swapped together; absent: each alone. */
  readonly units?: Units | undefined;
  /** Random swaps; all are enumerated where there are no more. Default 10,000. */
  readonly resamples?: number | undefined;
  readonly seed?: number | undefined;
}

/** The difference of two models under a swap: `flips[u]` is 1 where unit u is swapped. */
type Difference = (flips: Uint8Array) => number;

/**
 * Two-sided p-value of a paired permutation test (Fisher 1935; Dror et al. 2018, section 3.2): if the models are equally good, the figures of any
 * row may be swapped between them. p = share of swaps whose difference is at least as large as the observed one, over all 2^n swaps of n units
 * or over random ones, (1 + k)/(1 + resamples). NaN where the models' figures are of different kinds.
 */
export function permutationP(base: Swap, tuned: Swap, options: PermutationOptions = {}): number {
  const { units, resamples = 10_000, seed = 42 } = options;
  const rows = rowsOf(base);
  const count = units?.count ?? rows;
  const difference = differenceOf(base, tuned, units?.of ?? identity(rows));
  if (difference === undefined) return Number.NaN;
  const flips = new Uint8Array(count);
  // Sums in another order differ in their last digits.
  const least = Math.abs(difference(flips)) * (1 - 1e-9) - 1e-14;
  const reaches = (): number => (Math.abs(difference(flips)) >= least ? 1 : 0);
  let reached = 0;
  if (2 ** count <= resamples) {
    for (let code = 0; code < 2 ** count; code++) {
      for (let u = 0; u < count; u++) flips[u] = (code >> u) & 1;
      reached += reaches();
    }
    return reached / 2 ** count;
  }
  const random = createRandom(seed, "permutation");
  for (let r = 0; r < resamples; r++) {
    drawFlips(flips, random);
    reached += reaches();
  }
  return (1 + reached) / (1 + resamples);
}

/** Adjusted p-values of several comparisons (Holm 1979): sorted, p_(i)·(m − i), never falling, at most 1. */
export function holm(p: readonly number[]): number[] {
  const order = p.map((_, i) => i).sort((i, j) => p[i] - p[j]);
  const adjusted = new Array<number>(p.length);
  let largest = 0;
  order.forEach((index, place) => {
    largest = Math.max(largest, Math.min(1, p[index] * (p.length - place)));
    adjusted[index] = largest;
  });
  return adjusted;
}

function drawFlips(flips: Uint8Array, random: Random): void {
  let word = 0;
  for (let u = 0; u < flips.length; u++) {
    if ((u & 31) === 0) word = random.uint32();
    flips[u] = word & 1;
    word >>>= 1;
  }
}

function rowsOf(swap: Swap): number {
  return swap.kind === "ratio" ? swap.values.length : swap.scores.length;
}

function identity(rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, i) => i);
}

function differenceOf(base: Swap, tuned: Swap, unitOf: Int32Array): Difference | undefined {
  if (base.kind === "ratio" && tuned.kind === "ratio") return ofRatios(base, tuned, unitOf);
  if (base.kind === "correlation" && tuned.kind === "correlation")
    return ofCorrelations(base, tuned, unitOf);
  return base.kind === "cut" && tuned.kind === "cut" ? ofCuts(base, tuned, unitOf) : undefined;
}

type Ratio = Extract<Swap, { kind: "ratio" }>;
type Correlation = Extract<Swap, { kind: "correlation" }>;
type Cuts = Extract<Swap, { kind: "cut" }>;

/** Σ_u ±d_u, d the difference within a unit. Weights are the data's, so both models have the same. */
function ofRatios(base: Ratio, tuned: Ratio, unitOf: Int32Array): Difference {
  const d = perUnit(unitOf, (i) => tuned.values[i] - base.values[i]);
  const all = d.reduce((sum, x) => sum + x, 0);
  return (flips) => all - 2 * flippedSum(flips, d);
}

/** A function of its own, as the passes of resampling.ts. */
function flippedSum(flips: Uint8Array, d: Float64Array): number {
  let sum = 0;
  for (let u = 0; u < flips.length; u++) sum += flips[u] * d[u];
  return sum;
}

/** A swap changes Σx, Σx² and Σxy of each model by the sums over the swapped units. */
function ofCorrelations(base: Correlation, tuned: Correlation, unitOf: Int32Array): Difference {
  const { gold } = base;
  const [a, b] = [base.scores, tuned.scores];
  const n = a.length;
  const mean = gold.reduce((sum, y) => sum + y, 0) / n;
  const y = gold.map((score) => score - mean);
  const dx = perUnit(unitOf, (i) => b[i] - a[i]);
  const dxx = perUnit(unitOf, (i) => b[i] * b[i] - a[i] * a[i]);
  const dxy = perUnit(unitOf, (i) => (b[i] - a[i]) * y[i]);
  const [first, second] = [sumsOf(a, y), sumsOf(b, y)];
  const yy = y.reduce((sum, score) => sum + score * score, 0);
  const r = (x: number, xx: number, xy: number) => xy / Math.sqrt((xx - (x * x) / n) * yy);
  return (flips) => {
    const [x, xx, xy] = [flippedSum(flips, dx), flippedSum(flips, dxx), flippedSum(flips, dxy)];
    const before = r(first.x + x, first.xx + xx, first.xy + xy);
    return r(second.x - x, second.xx - xx, second.xy - xy) - before;
  };
}

function sumsOf(scores: Float64Array, y: Float64Array) {
  let [x, xx, xy] = [0, 0, 0];
  for (let i = 0; i < scores.length; i++) {
    x += scores[i];
    xx += scores[i] * scores[i];
    xy += scores[i] * y[i];
  }
  return { x, xx, xy };
}

/** Counts labels by rank, so that no mixture has to be sorted. */
function ofCuts(base: Cuts, tuned: Cuts, unitOf: Int32Array): Difference {
  const places = fallingPlaces(base, tuned);
  const codesOf = ({ scores, labels }: Cuts): Uint32Array =>
    Uint32Array.from(scores, (score, i) => 2 * places.of[score] + labels[i]);
  const codes = { base: codesOf(base), tuned: codesOf(tuned) };
  const tally = new Uint32Array(2 * places.count);
  // Rows of each code in both models: what one mixture leaves is the other.
  const both = new Uint32Array(2 * places.count);
  for (const code of [...codes.base, ...codes.tuned]) both[code] += 1;
  const value = (cuts: Cuts): number => cuts.measure(tally, cuts.wanted ?? positivesOf(tally));
  return (flips) => {
    countMixture(tally, codes.tuned, codes.base, { flips, unitOf });
    const after = value(tuned);
    takeFrom(both, tally);
    return after - value(base);
  };
}

/** The number of each rank that occurs, by falling rank. */
function fallingPlaces(base: Cuts, tuned: Cuts) {
  const of = new Uint32Array(2 * base.scores.length + 1);
  for (const rank of base.scores) of[rank] = 1;
  for (const rank of tuned.scores) of[rank] = 1;
  let count = 0;
  for (let rank = of.length - 1; rank >= 0; rank--) if (of[rank] === 1) of[rank] = count++;
  return { of, count };
}

/** Rows of each code, those of swapped units with the codes of the other model. */
function countMixture(
  tally: Uint32Array,
  kept: Uint32Array,
  other: Uint32Array,
  { flips, unitOf }: { readonly flips: Uint8Array; readonly unitOf: Int32Array },
): void {
  tally.fill(0);
  for (let i = 0; i < unitOf.length; i++) {
    const mask = -flips[unitOf[i]];
    tally[kept[i] ^ ((kept[i] ^ other[i]) & mask)] += 1;
  }
}

/** both − tally, in place of the tally. */
function takeFrom(both: Uint32Array, tally: Uint32Array): void {
  for (let at = 0; at < tally.length; at++) tally[at] = both[at] - tally[at];
}

function perUnit(unitOf: Int32Array, value: (row: number) => number): Float64Array {
  const sums = new Float64Array(1 + unitOf.reduce((most, u) => Math.max(most, u), -1));
  for (let i = 0; i < unitOf.length; i++) sums[unitOf[i]] += value(i);
  return sums;
}
