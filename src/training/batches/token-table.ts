import type { Encoder } from "../../encoder/encoder.js";

/** Token ids of numbered texts, each text tokenised once. */
export interface TokenTable {
  /** How many texts there are. */
  readonly count: number;
  /** Ids of a text, special ones included. */
  readonly idsOf: (number: number) => Int32Array;
  /** Tokens at the beginning of a text that are not pooled. */
  readonly skippedOf: (number: number) => number;
  /** How many ids the texts before it have together. */
  readonly startOf: (number: number) => number;
  /** Ids of all texts together. */
  readonly total: number;
}

/** Tokenises the texts as they stand. 4 bytes a token stay in memory. */
export function tokenTable(encoder: Encoder, texts: readonly string[]): TokenTable {
  const ends = new Float64Array(texts.length);
  let ids = new Int32Array(32 * Math.max(1, texts.length));
  const skipped = Uint16Array.from(texts, encoder.promptTokens);
  let total = 0;
  texts.forEach((text, i) => {
    const [own] = encoder.tokenize([text]) as [Int32Array];
    if (total + own.length > ids.length) {
      const grown = new Int32Array(2 * (total + own.length));
      grown.set(ids.subarray(0, total));
      ids = grown;
    }
    ids.set(own, total);
    total += own.length;
    ends[i] = total;
  });
  const startOf = (number: number): number => (number === 0 ? 0 : ends[number - 1]);
  return {
    count: texts.length,
    idsOf: (number) => ids.subarray(startOf(number), ends[number]),
    skippedOf: (number) => skipped[number],
    startOf,
    total,
  };
}
