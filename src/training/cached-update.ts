import { CACHED_NAMES, type CachedStep } from "../encoder/step/cached-step.js";
import { textFeeds } from "../encoder/step/text-feeds.js";
import { internal } from "../errors/internal.js";
import { float32, type Tensor } from "../math/tensor.js";
import type { GradientSource, Session, Trainer } from "../runtime/runtime.js";
import type { EncoderBatch } from "./encoder-batch.js";
import type { UpdateOn } from "./encoder-student.js";
import type { Feeds } from "./head-feeds.js";

/** The parts that an update with gradient caching runs. */
export interface CachedUpdateOptions {
  /** Its main graph is the objective's. */
  readonly trainer: Trainer;
  readonly step: CachedStep;
  readonly forward: Session;
  readonly backward: GradientSource;
  /** Most tokens of a chunk; one text at least. */
  readonly tokens: number;
  readonly padId: number;
}

/** Some of a batch's texts, with the inputs that both runs of the encoder get. */
interface Chunk {
  readonly count: number;
  readonly feeds: Feeds;
}

/**
 * Updates with gradient caching (Gao 2021, GradCache, section 3.2): memory depends on the chunk, the gradient is that of the
 * whole batch. Each chunk is embedded, the loss taken on all, and each chunk run again with the gradient of its vectors.
 */
export function cachedUpdate(options: CachedUpdateOptions): UpdateOn {
  const { trainer, step, forward, backward } = options;
  const { embedding, gradient, loss } = CACHED_NAMES;
  return async (batch, learningRate) => {
    const chunks = chunksOf(batch, options);
    const vectors = await Promise.all(
      chunks.map(async ({ feeds }) => (await forward.run(feeds, [embedding]))[embedding]!),
    );
    const width = vectors[0]!.shape[1]!;
    const outputs = await trainer.accumulate({ ...batch.feeds, [embedding]: stacked(vectors) });
    const slopes = outputs[step.objective.embeddingGradient]?.data as Float32Array;
    let start = 0;
    const running = chunks.map(({ count, feeds }) => {
      const part = slopes.slice(start * width, (start + count) * width);
      start += count;
      return backward.accumulate({ ...feeds, [gradient]: float32([count, width], part) });
    });
    await Promise.all(running);
    const value = Number(outputs[loss]?.data[0] ?? internal("the objective's graph has no loss"));
    const outcome = await trainer.update({ learningRate, loss: value });
    return { ...outcome, loss: value, tokens: batch.tokens };
  };
}

/** Cuts a batch in its order into chunks of at most so many tokens, padding not counted. */
function chunksOf(batch: EncoderBatch, options: CachedUpdateOptions): Chunk[] {
  const { padId, step } = options;
  const { inputs } = step.backward;
  return slotChunks(batch, options.tokens).map((slots) => {
    const ids = slots.map((slot) => batch.ids[slot]!);
    return { count: ids.length, feeds: textFeeds(ids, { inputs, padId }) };
  });
}

function slotChunks({ ids }: EncoderBatch, limit: number): number[][] {
  const chunks: number[][] = [];
  let tokens = Number.POSITIVE_INFINITY;
  ids.forEach(({ length }, slot) => {
    if (tokens + length > limit) {
      chunks.push([]);
      tokens = 0;
    }
    chunks.at(-1)!.push(slot);
    tokens += length;
  });
  return chunks;
}

/** Matrices [n_i, W] one below the other. */
function stacked(parts: readonly Tensor[]): Tensor {
  const width = parts[0]!.shape[1]!;
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const data = new Float32Array(rows * width);
  let offset = 0;
  for (const part of parts) {
    data.set(part.data as Float32Array, offset);
    offset += part.data.length;
  }
  return float32([rows, width], data);
}
