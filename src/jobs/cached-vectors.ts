import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { encodeCached, openEmbeddingCache } from "../encoder/embedding-cache.js";
import type { Encoder } from "../encoder/encoder.js";
import { type PromptUse, promptFor } from "../encoder/prompts.js";
import { UserError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import type { Matrix } from "../math/tensor.js";
import { toUnitLength } from "../search/unit-length.js";
import { lockRun } from "../training/run-folder/run-lock.js";

/** Whether and where vectors are kept, and who listens. */
export interface KeepOptions {
  readonly cache: boolean;
  /** Default: ~/.cache/embtune/vectors. */
  readonly cacheFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNote: (message: string) => void;
  readonly onEncoded: (model: string, done: number, total: number) => void;
}

/**
 * Gives `use` the folder where vectors are kept, for this process alone. While another process has it, and where nothing is to be kept,
 * there is none.
 */
export async function withVectorFolder<T>(
  options: KeepOptions,
  use: (folder: string | undefined) => Promise<T>,
): Promise<T> {
  if (!options.cache) return use(undefined);
  const folder = options.cacheFolder ?? join(homedir(), ".cache", "embtune", "vectors");
  const release = claim(folder, options.onNote);
  if (release === undefined) return use(undefined);
  try {
    return await use(folder);
  } finally {
    release();
  }
}

/** Two processes that write to one file of vectors would mix them up. */
function claim(folder: string, onNote: KeepOptions["onNote"]): (() => void) | undefined {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder);
  }
  try {
    return lockRun(folder).release;
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "run-locked") throw error;
    onNote(`another process is at work in ${folder}, so vectors are neither read from it nor kept`);
    return undefined;
  }
}

/** Vectors of unit length [n,D] of texts with the prompt of their use; those in the folder are not computed again. */
export async function keptVectors(
  encoder: Encoder,
  texts: readonly string[],
  {
    use,
    folder,
    options,
  }: {
    readonly use: PromptUse;
    readonly folder: string | undefined;
    readonly options: KeepOptions;
  },
): Promise<Matrix> {
  const prompt = promptFor(encoder.info, use);
  const cache = openEmbeddingCache(encoder, {
    texts: texts.length,
    memoryTexts: 0,
    prompt,
    folder,
  });
  try {
    const matrix = await encodeCached(encoder, texts, cache, {
      prompt,
      signal: options.signal,
      onProgress: (done) => options.onEncoded(encoder.info.name, done, texts.length),
    });
    return toUnitLength(matrix);
  } finally {
    cache.close();
  }
}
