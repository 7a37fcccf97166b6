import { dropoutFeeds } from "../../encoder/step/dropout-feeds.js";
import type { EncoderGraphInfo } from "../../encoder/step/encoder-step.js";
import { paddedFeed, rowFeed, textFeeds } from "../../encoder/step/text-feeds.js";
import { internal } from "../../errors/internal.js";
import { createMaskFiller } from "../../optim/dropout-mask.js";
import type { Feeds } from "../batches/head-feeds.js";
import type { TokenTable } from "../batches/token-table.js";
import type { ActivationCache } from "./activation-cache.js";
import type { EncoderBatch } from "./encoder-batch.js";
import type { FrozenPrefix } from "./frozen-prefix.js";

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
  readonly tokens: TokenTable;
}

interface EncoderInputsOptions {
  readonly part: EncoderGraphInfo;
  readonly padId: number;
  /** What dropout is drawn from. */
  readonly seed: number;
  /** Where a model begins at a boundary. */
  readonly frozen?: PrefixSource | undefined;
}

/** Tokens that go through the frozen layers at once. */
const PREFIX_TOKENS = 4096;

/** Texts that go through the frozen layers together. */
const GROUP = 64;

/** The inputs from token ids, with the frozen layers' output where the model begins behind them. */
export function encoderInputs({ part, padId, seed, frozen }: EncoderInputsOptions): EncoderInputs {
  const { boundary } = part;
  const vectorFeed = part.packed ? rowFeed : paddedFeed;
  const masksOf = maskSource(part, seed);
  return async (batch, slots, inputs) => {
    const texts = slots.map((slot) => batch.ids[slot]);
    const skipped = slots.map((slot) => batch.skipped?.[slot] ?? 0);
    const feeds = { ...textFeeds(texts, { inputs, padId, skipped }), ...masksOf(batch, slots) };
    if (boundary === undefined || frozen === undefined) return feeds;
    const vectors = await tokenVectors(batch, slots, frozen);
    return { ...feeds, [boundary]: vectorFeed(vectors, frozen.prefix.width) };
  };
}

/** More batches than an epoch has: each batch of a run gets a number of its own. */
const BATCHES_PER_EPOCH = 2 ** 26;

/** Dropout masks of consecutive slots: the same ones whenever the same batch of an epoch is asked for. */
function maskSource({ dropout }: EncoderGraphInfo, seed: number) {
  if (dropout.length === 0) return () => ({});
  const filler = createMaskFiller();
  return ({ ids, counter }: EncoderBatch, slots: readonly number[]): Feeds => {
    const before = ids.slice(0, slots[0]);
    return dropoutFeeds(filler, dropout, {
      lengths: slots.map((slot) => ids[slot].length),
      firstRow: before.reduce((sum, { length }) => sum + length, 0),
      seed,
      step: counter.epoch * BATCHES_PER_EPOCH + counter.batch,
    });
  };
}

/**
 * Token vectors of the slots' texts, from the cache or computed and kept. Texts are computed in groups that their numbers decide: what
 * is together in a run of the layers changes the last digits, and a resumed run, which begins with an empty cache, must get the same.
 */
async function tokenVectors(
  batch: EncoderBatch,
  slots: readonly number[],
  source: PrefixSource,
): Promise<Float32Array[]> {
  const { cache, tokens } = source;
  const numbers = slots.map((slot) => batch.numbers[slot]);
  const ids = slots.map((slot) => batch.ids[slot]);
  const isWhole = ids.every(({ length }, i) => length === tokens.idsOf(numbers[i]).length);
  // Texts that have lost tokens (--augment token-cutoff) are others each time.
  if (cache.place === "none" || !isWhole) return runInParts(source.prefix, ids);
  const missing = numbers.filter((number) => cache.get(number) === undefined);
  for (const group of new Set(missing.map((number) => Math.floor(number / GROUP)))) {
    const end = Math.min(tokens.count, (group + 1) * GROUP);
    const members = Array.from({ length: end - group * GROUP }, (_, i) => group * GROUP + i);
    const vectors = await runInParts(source.prefix, members.map(tokens.idsOf));
    for (const [i, number] of members.entries()) cache.put(number, vectors[i]);
  }
  return numbers.map((number) => cache.get(number) ?? internal("a text was not computed"));
}

async function runInParts(
  prefix: FrozenPrefix,
  texts: readonly Int32Array[],
): Promise<Float32Array[]> {
  const vectors: Float32Array[] = [];
  for (const part of cut(texts, ({ length }) => length, PREFIX_TOKENS)) {
    vectors.push(...(await prefix.run(part)));
  }
  return vectors;
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
