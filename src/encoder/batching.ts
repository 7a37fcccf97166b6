import type { Tensor } from "../math/tensor.js";
import { textFeeds } from "./step/text-feeds.js";

/** Token ids of one text and the place its vector goes to. */
export interface TokenizedText {
  readonly index: number;
  readonly ids: Int32Array;
  /** Tokens at its beginning that are not pooled; default none. */
  readonly skipped?: number | undefined;
}

/** Limits of a batch. */
interface BatchLimits {
  /** Rows × longest row, padding included. */
  readonly tokens: number;
  /** Rows. */
  readonly texts: number;
}

/**
 * Cuts texts into batches of similar length, longest first, each as large as the limits allow (one text at least): hardly any
 * padding, and memory that depends on the limits alone.
 */
export function batchesByLength(
  texts: readonly TokenizedText[],
  limits: BatchLimits,
): TokenizedText[][] {
  const sorted = [...texts].sort((a, b) => b.ids.length - a.ids.length || a.index - b.index);
  const batches: TokenizedText[][] = [];
  for (let start = 0; start < sorted.length; ) {
    const longest = Math.max(1, sorted[start].ids.length);
    const size = Math.max(1, Math.min(limits.texts, Math.floor(limits.tokens / longest)));
    batches.push(sorted.slice(start, start + size));
    start += size;
  }
  return batches;
}

/** The inputs of an encoder for one batch, padded to its longest text; `inputs` are the names the model has. */
export function batchFeeds(
  batch: readonly TokenizedText[],
  padId: number,
  inputs: readonly string[],
): Record<string, Tensor> {
  return textFeeds(
    batch.map(({ ids }) => ids),
    { padId, inputs, skipped: batch.map(({ skipped = 0 }) => skipped) },
  );
}
