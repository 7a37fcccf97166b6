import { usageError } from "../../errors/user-error.js";
import type { Random } from "../../math/random.js";
import type { PairBatch } from "./pair-batch.js";
import { candidateCounts, type PairIndex, textCounts } from "./pair-index.js";

/**
 * log q of each text [T]: q is the share of the text among all candidates (positives and explicit negatives) of the training set, the noise
 * distribution of `nce` (Gutmann & Hyvärinen 2010). −∞ for texts that are never candidates.
 */
export function logNoise(index: PairIndex): Float32Array {
  const total = index.positives.length + index.negatives.length;
  return Float32Array.from(candidateCounts(index), (count) => Math.log(count / total));
}

/** log q of a batch's candidates [N], from `logNoise`. */
export function batchNoise(batch: PairBatch, logQ: Float32Array): Float32Array {
  return Float32Array.from(batch.candidates, (text) => logQ[text]);
}

/** Weight of each text [T] in draws: (frequency in the training set, in any role)^power; 0.75 in Mikolov 2013. */
export function noiseWeights(index: PairIndex, power = 0.75): Float64Array {
  return Float64Array.from(textCounts(index), (count) => count ** power);
}

interface NoiseOptions {
  readonly weights: Float64Array;
  /** k: candidates drawn for each anchor, capped at N − 1. */
  readonly count: number;
  readonly random: Random;
}

/**
 * Draws k candidates for each anchor of a batch, without replacement, with probability proportional to the weights of their texts, among the
 * candidates that are neither its own positive nor masked. Returns their places [B,k]; −1 where fewer than k are left.
 * UserError (exit 2): bad-noise-count for k < 1 or N = 1.
 */
export function drawNoise(batch: PairBatch, options: NoiseOptions): BigInt64Array {
  const N = batch.candidates.length;
  const k = Math.min(options.count, N - 1);
  if (k < 1) {
    throw usageError(
      "bad-noise-count",
      `k must be from 1 to the number of other candidates, got ${options.count} with ${N - 1} others`,
      "use a larger batch or k",
    );
  }
  const cumulative = new Float64Array(N);
  let sum = 0;
  for (let j = 0; j < N; j++) cumulative[j] = sum += options.weights[batch.candidates[j]];
  const drawn = new BigInt64Array(batch.rows.length * k).fill(-1n);
  const taken = new Int32Array(N);
  for (let i = 0; i < batch.rows.length; i++) {
    drawForAnchor(
      { batch, cumulative, taken, anchor: i },
      options,
      drawn.subarray(i * k, (i + 1) * k),
    );
  }
  return drawn;
}

interface Draw {
  readonly batch: PairBatch;
  readonly cumulative: Float64Array;
  /** Candidates that anchor i took are marked i + 1. */
  readonly taken: Int32Array;
  readonly anchor: number;
}

/** Rejection: a draw that is not allowed is repeated, which is drawing among the rest; after many, the rest is drawn from directly. */
function drawForAnchor(draw: Draw, { weights, random }: NoiseOptions, into: BigInt64Array): void {
  const { batch, cumulative, taken, anchor } = draw;
  const N = cumulative.length;
  const allowed = (j: number): boolean =>
    j !== anchor && taken[j] !== anchor + 1 && batch.mask[anchor * N + j] === 0;
  let tries = 0;
  for (let place = 0; place < into.length; ) {
    const candidate =
      tries < 4 * into.length ? search(cumulative, random.uniform()) : drawFromRest();
    tries += 1;
    if (candidate < 0) return;
    if (!allowed(candidate)) continue;
    taken[candidate] = anchor + 1;
    into[place] = BigInt(candidate);
    place += 1;
  }

  function drawFromRest(): number {
    let rest = 0;
    for (let j = 0; j < N; j++) if (allowed(j)) rest += weights[batch.candidates[j]];
    let left = random.uniform() * rest;
    let last = -1;
    for (let j = 0; j < N; j++) {
      if (!allowed(j)) continue;
      last = j;
      left -= weights[batch.candidates[j]];
      if (left < 0) return j;
    }
    return last;
  }
}

/** The first place whose cumulative weight exceeds u times the whole. */
function search(cumulative: Float64Array, u: number): number {
  const wanted = u * (cumulative.at(-1) as number);
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulative[middle] > wanted) high = middle;
    else low = middle + 1;
  }
  return low;
}
