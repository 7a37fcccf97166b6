import {
  type EmbeddingCache,
  encodeCached,
  openEmbeddingCache,
} from "../encoder/embedding-cache.js";
import type { EncoderInfo } from "../encoder/encoder.js";
import { type LoadEncoderOptions, loadEncoder } from "../encoder/load.js";
import { type PromptUse, promptFor } from "../encoder/prompts.js";
import { unknownTokensNote } from "../encoder/unknown-tokens.js";
import type { Matrix } from "../math/tensor.js";
import { toUnitLength } from "../search/unit-length.js";

export interface VectorOptions extends LoadEncoderOptions {
  /** Folder where vectors are kept from run to run; without it they stay in memory. */
  readonly cache?: string | undefined;
  readonly batchSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNote?: (message: string) => void;
  readonly onModel?: (info: EncoderInfo) => void;
  readonly onEncoded?: (done: number, total: number) => void;
}

/** Texts of one side, which get the model's prompt of their use. */
export interface TextSide {
  readonly texts: readonly string[];
  readonly use: PromptUse;
}

/** Vectors of unit length of several lists of texts, and the model they are of; the model is freed again. */
export async function unitVectors(
  sides: readonly TextSide[],
  options: VectorOptions,
): Promise<{ readonly vectors: readonly Matrix[]; readonly info: EncoderInfo }> {
  const encoder = await loadEncoder(options);
  options.onModel?.(encoder.info);
  const note = unknownTokensNote(
    encoder,
    sides.flatMap(({ texts }) => texts),
  );
  if (note !== undefined) options.onNote?.(note);
  const total = sides.reduce((sum, { texts }) => sum + texts.length, 0);
  let before = 0;
  // Sides with the same prompt share a cache: a text of both is encoded once.
  const caches = new Map<string, EmbeddingCache>();
  try {
    const vectors: Matrix[] = [];
    for (const { texts, use } of sides) {
      const prompt = promptFor(encoder.info, use);
      const cache =
        caches.get(prompt) ??
        openEmbeddingCache(encoder, { texts: total, prompt, folder: options.cache });
      caches.set(prompt, cache);
      const matrix = await encodeCached(encoder, texts, cache, {
        prompt,
        batchSize: options.batchSize,
        signal: options.signal,
        onProgress: (done) => options.onEncoded?.(before + done, total),
      });
      vectors.push(toUnitLength(matrix));
      before += texts.length;
    }
    return { vectors, info: encoder.info };
  } finally {
    for (const cache of caches.values()) cache.close();
    await encoder.release();
  }
}

/** The product of row i of a and row j of b. */
export function rowProduct(a: Matrix, i: number, b: Matrix, j: number): number {
  let sum = 0;
  for (let d = 0; d < a.cols; d++) sum += a.data[i * a.cols + d] * b.data[j * b.cols + d];
  return sum;
}
