import { dropoutFeeds } from "../encoder/step/dropout-feeds.js";
import type { EncoderPart } from "../encoder/step/encoder-step.js";
import { rowFeed, textFeeds } from "../encoder/step/text-feeds.js";
import { createMaskFiller } from "../optim/dropout-mask.js";
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
  /** What dropout is drawn from. */
  readonly seed: number;
  /** Where a model begins at a boundary. */
  readonly frozen?: PrefixSource | undefined;
}

/** Tokens that go through the frozen layers at once. */
const PREFIX_TOKENS = 4096;

/** The inputs from token ids, with the frozen layers' output where the model begins behind them. */
export function encoderInputs({ part, padId, seed, frozen }: EncoderInputsOptions): EncoderInputs {
  const { boundary } = part;
  const masksOf = maskSource(part, seed);
  return async (batch, slots, inputs) => {
    const texts = slots.map((slot) => batch.ids[slot]!);
    const feeds = { ...textFeeds(texts, { inputs, padId }), ...masksOf(batch, slots) };
    if (boundary === undefined || frozen === undefined) return feeds;
    const vectors = await tokenVectors(batch, slots, frozen);
    return { ...feeds, [boundary]: rowFeed(vectors, frozen.prefix.width) };
  };
}

/** More batches than an epoch has: each batch of a run gets a number of its own. */
const BATCHES_PER_EPOCH = 2 ** 26;

/** Dropout masks of consecutive slots: the same ones whenever the same batch of an epoch is asked for. */
function maskSource({ dropout }: EncoderPart, seed: number) {
  if (dropout.length === 0) return () => ({});
  const filler = createMaskFiller();
  return ({ ids, counter }: EncoderBatch, slots: readonly number[]): Feeds => {
    const before = ids.slice(0, slots[0]);
    return dropoutFeeds(filler, dropout, {
      lengths: slots.map((slot) => ids[slot]!.length),
      firstRow: before.reduce((sum, { length }) => sum + length, 0),
      seed,
      step: counter.epoch * BATCHES_PER_EPOCH + counter.batch,
    });
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
