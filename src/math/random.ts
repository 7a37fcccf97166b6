import { invariant } from "../errors/internal.js";

/** The whole state of a generator: four unsigned 32-bit words. JSON-serialisable. */
type RandomState = readonly [number, number, number, number];

/**
 * A seeded generator of random numbers: the same seed and stream give the same numbers on every machine.
 * Calls change its state, which `state()` reads and `restoreRandom` resumes exactly.
 */
export interface Random {
  /** 32 random bits, 0 … 2³² − 1. */
  uint32(): number;
  /** Uniform in [0, 1) with 53 random bits; takes two words. */
  uniform(): number;
  /** Standard normal (Box–Muller, cosine branch; takes four words and caches none, so the state is all there is). */
  normal(): number;
  /** A whole number 0 … n − 1, unbiased, for 1 ≤ n ≤ 2³². */
  below(n: number): number;
  /** Draws 0 … n − 1, n = counts.length, `draws` times and adds to `counts` how often each came. Uniform but for n/2³², in relative terms. */
  tally(counts: Uint32Array, draws: number): void;
  state(): RandomState;
}

/**
 * A generator for `seed` (any finite number) and, so that independent consumers of one seed do not share numbers, the name of
 * a stream (`"sampler"`, `"head"`). The state is filled by the splitmix32 sequence of a hash of both.
 */
export function createRandom(seed: number, stream = ""): Random {
  invariant(Number.isFinite(seed), `a seed must be a finite number, got ${seed}`);
  const next = splitmix32(hash(`${seed}/${stream}`));
  const random = restoreRandom([next(), next(), next(), 1]);
  for (let i = 0; i < 12; i++) random.uint32();
  return random;
}

/**
 * A generator that goes on from `state`: sfc32 (Chris Doty-Humphrey's Small Fast Counter generator of PractRand; 128 bits
 * of state of which 32 are a counter, so the period is at least 2³²).
 */
export function restoreRandom(state: RandomState): Random {
  let [a, b, c, counter] = state;
  const uint32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  const uniform = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) / 2 ** 53;
  return {
    uint32,
    uniform,
    // 1 − u lies in (0, 1], so the logarithm is finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    below: (n) => below(uint32, n),
    // The state stays in local variables and nothing is rejected: five times as fast as calls of `below`.
    tally: (counts, draws) => {
      const scale = counts.length / 2 ** 32;
      let [x, y, z, t] = [a, b, c, counter];
      for (let drawn = 0; drawn < draws; drawn++) {
        const sum = (x + y + t) | 0;
        t = (t + 1) | 0;
        x = y ^ (y >>> 9);
        y = (z + (z << 3)) | 0;
        z = (((z << 21) | (z >>> 11)) + sum) | 0;
        counts[((sum >>> 0) * scale) | 0] += 1;
      }
      [a, b, c, counter] = [x, y, z, t];
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, counter >>> 0],
  };
}

/** Puts the items in random order, in place (Fisher–Yates), and returns them. Any array-like with numbered items will do. */
export function shuffle<T extends { length: number; [index: number]: unknown }>(
  items: T,
  random: Random,
): T {
  for (let last = items.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const item = items[last];
    items[last] = items[other];
    items[other] = item;
  }
  return items;
}

/** A random order of 0 … n − 1. */
export function permutation(n: number, random: Random): Uint32Array {
  return shuffle(
    Uint32Array.from({ length: n }, (_, i) => i),
    random,
  );
}

/** Rejects the words of the last incomplete block of n, so that every remainder is equally likely. */
function below(uint32: () => number, n: number): number {
  invariant(
    Number.isInteger(n) && n >= 1 && n <= 2 ** 32,
    `below(${n}) needs a whole number from 1 to 2^32`,
  );
  const limit = 2 ** 32 - (2 ** 32 % n);
  let word = uint32();
  while (word >= limit) word = uint32();
  return word % n;
}

/** FNV-1a over UTF-16 code units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return value >>> 0;
}

/** Steele, Lea and Flood's SplitMix (2014) in 32 bits, with murmur3's finaliser. */
function splitmix32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
}
