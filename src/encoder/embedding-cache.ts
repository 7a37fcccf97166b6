import { createHash } from "node:crypto";
import { join } from "node:path";
import { internal, invariant } from "../errors/internal.js";
import type { Matrix } from "../math/tensor.js";
import type { EncodeOptions } from "./encode.js";
import type { Encoder } from "./encoder.js";
import { promptFor } from "./prompts.js";
import { fileStore, memoryStore, type VectorStore } from "./vector-store.js";

/** Texts up to which a cache stays in memory. */
export const MEMORY_TEXTS = 20_000;

/** Texts that are encoded between two writes to the cache. */
const PART = 4096;

/**
 * Vectors of texts that were encoded before, by one encoder with one set of options: model file, tokenizer, pooling,
 * normalisation, maximum length and prompt.
 */
export interface EmbeddingCache {
  readonly dimension: number;
  /** What the vectors depend on besides the text. */
  readonly fingerprint: string;
  /** Row of a text, or undefined when it was never encoded. */
  readonly rowOf: (text: string) => number | undefined;
  /** Adds texts that are not there yet and their vectors. */
  readonly add: (texts: readonly string[], vectors: Matrix) => void;
  /** The vectors of these rows, in this order. */
  readonly gather: (rows: ArrayLike<number>) => Matrix;
  readonly close: () => void;
}

/** How to keep vectors, and of which prompt. */
interface CacheOptions {
  /** Prompt put before every text; default: the model's own. */
  readonly prompt?: string | undefined;
  /** How many texts are to come; decides between memory and file. */
  readonly texts: number;
  /** More texts than these go into a file. Default 20,000. */
  readonly memoryTexts?: number | undefined;
  /** Folder for caches of more than 20,000 texts, mostly `cache/` of a run folder. Without it everything stays in memory. */
  readonly folder?: string | undefined;
}

/**
 * The cache for an encoder: in memory or, for more than 20,000 texts, in `{folder}/{fingerprint}`, where a later run finds
 * again what an earlier one encoded.
 */
export function openEmbeddingCache(encoder: Encoder, options: CacheOptions): EmbeddingCache {
  const { dimension } = encoder.info;
  const fingerprint = fingerprintOf(encoder, options.prompt);
  const { memoryTexts = MEMORY_TEXTS } = options;
  const inFile = options.folder !== undefined && options.texts > memoryTexts;
  const store = inFile
    ? fileStore(join(options.folder, fingerprint.slice(0, 16)), dimension)
    : memoryStore(dimension);
  return cacheOver(store, dimension, fingerprint);
}

/** SHA-256 of everything that the encoder's vectors depend on besides the text. */
function fingerprintOf({ info }: Encoder, prompt = promptFor(info, "other")): string {
  const parts = JSON.stringify([info.hash, info.maxLength, prompt]);
  return createHash("sha256").update(parts).digest("hex");
}

function cacheOver(store: VectorStore, dimension: number, fingerprint: string): EmbeddingCache {
  const rows = new Map(store.keys().map((key, row) => [key, row]));
  return {
    dimension,
    fingerprint,
    rowOf: (text) => rows.get(keyOf(text)),
    add: (texts, vectors) => {
      invariant(
        vectors.cols === dimension,
        `vectors of ${vectors.cols} dimensions, not ${dimension}`,
      );
      const keys = texts.map(keyOf);
      const first = rows.size;
      invariant(!keys.some((key) => rows.has(key)), "a text is added to a cache that knows it");
      store.append(keys, vectors.data);
      for (const [i, key] of keys.entries()) rows.set(key, first + i);
    },
    gather: (wanted) => {
      const data = new Float32Array(wanted.length * dimension);
      for (let i = 0; i < wanted.length; i++) {
        store.read(wanted[i], data.subarray(i * dimension, (i + 1) * dimension));
      }
      return { rows: wanted.length, cols: dimension, data };
    },
    close: store.close,
  };
}

/** 128 bits of SHA-256 as 16 characters: a fixed size whatever the text, and no two texts alike. */
function keyOf(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("binary").slice(0, 16);
}

/** Options of filling a cache; a batch is encoded with the cache's prompt. */
type FillOptions = Omit<EncodeOptions, "prompt" | "onProgress"> &
  Pick<CacheOptions, "prompt"> & {
    /** How many of the `total` texts that had to be encoded are done. */
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  };

/**
 * Encodes the texts that the cache does not know and returns the row of every text, for `cache.gather`. Interrupted, it keeps what was done.
 */
export async function fillCache(
  encoder: Encoder,
  texts: readonly string[],
  cache: EmbeddingCache,
  options: FillOptions = {},
): Promise<Uint32Array> {
  invariant(
    cache.fingerprint === fingerprintOf(encoder, options.prompt),
    "the cache belongs to another encoder or prompt",
  );
  const missing = [...new Set(texts)].filter((text) => cache.rowOf(text) === undefined);
  const parts = partsOf(missing, PART);
  const { onProgress, ...encoding } = options;
  const told = onProgress && ((count: number) => onProgress(count, missing.length));
  let done = 0;
  for await (const vectors of encoder.encodeStream(parts, { ...encoding, onProgress: told })) {
    cache.add(parts[done], vectors);
    done += 1;
  }
  return Uint32Array.from(texts, (text) => cache.rowOf(text) ?? internal("a text was not encoded"));
}

/** As `Encoder.encode`, but encodes only texts that the cache does not know, and keeps their vectors. */
export async function encodeCached(
  encoder: Encoder,
  texts: readonly string[],
  cache: EmbeddingCache,
  options: FillOptions = {},
): Promise<Matrix> {
  return cache.gather(await fillCache(encoder, texts, cache, options));
}

function partsOf(texts: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, i) =>
    texts.slice(i * size, (i + 1) * size),
  );
}
