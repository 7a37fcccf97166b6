import type { EncoderPart } from "../encoder/step/encoder-step.js";
import { rowFeed, textFeeds } from "../encoder/step/text-feeds.js";
import type { ActivationCache } from "./activation-cache.js";
import type { EncoderBatch } from "./encoder-batch.js";
import type { FrozenPrefix } from "./frozen-prefix.js";
import type { Feeds } from "./head-feeds.js";

/** Makes the inputs of the encoder's part of a model for some slots of a batch. */
export type EncoderInputs = (
  batch: EncoderBatch,
  slots: readonly number[],
  inputs: readonly string[],
) => Promise<Feeds>;

/** The frozen layers and what they have computed. */
export interface PrefixSource {
  readonly prefix: FrozenPrefix;
  readonly cache: ActivationCache;
}

export interface EncoderInputsOptions {
  readonly part: EncoderPart;
  readonly padId: number;
  /** Where a model begins at a boundary. */
  readonly frozen?: PrefixSource | undefined;
}

/** Tokens that go through the frozen layers at once. */
const PREFIX_TOKENS = 4096;

/** The inputs from token ids, with the frozen layers' output where the model begins behind them. */
export function encoderInputs({ part, padId, frozen }: EncoderInputsOptions): EncoderInputs {
  const { boundary } = part;
  return async (batch, slots, inputs) => {
    const feeds = textFeeds(
      slots.map((slot) => batch.ids[slot]!),
      { inputs, padId },
    );
    if (boundary === undefined || frozen === undefined) return feeds;
    const vectors = await tokenVectors(batch, slots, frozen);
    return { ...feeds, [boundary]: rowFeed(vectors, frozen.prefix.width) };
  };
}

/** Token vectors of the slots' texts, from the cache or computed and kept. */
async function tokenVectors(
  batch: EncoderBatch,
  slots: readonly number[],
  { prefix, cache }: PrefixSource,
): Promise<Float32Array[]> {
  const found = slots.map((slot) => cache.get(batch.numbers[slot]!));
  const missing = slots.flatMap((slot, i) => (found[i] === undefined ? [{ slot, i }] : []));
  for (const part of cut(missing, ({ slot }) => batch.ids[slot]!.length, PREFIX_TOKENS)) {
    const vectors = await prefix.run(part.map(({ slot }) => batch.ids[slot]!));
    part.forEach(({ slot, i }, k) => {
      found[i] = vectors[k]!;
      cache.put(batch.numbers[slot]!, vectors[k]!);
    });
  }
  return found as Float32Array[];
}

/** Cuts items in their order into parts of at most `limit` together, one item at least. */
export function cut<T>(items: readonly T[], sizeOf: (item: T) => number, limit: number): T[][] {
  const parts: T[][] = [];
  let total = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = sizeOf(item);
    if (total + size > limit) {
      parts.push([]);
      total = 0;
    }
    parts.at(-1)!.push(item);
    total += size;
  }
  return parts;
}
