import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileError } from "../../files/files.js";
import type { TokenTable } from "../batches/token-table.js";

/** Where the outputs of frozen layers are kept. */
type CachePlace = "memory" | "file" | "none";

/** Bytes up to which they stay in memory, and up to which they go to a file; beyond, they are computed each time. */
export const CACHE_LIMITS = { memory: 2 ** 30, file: 2 ** 35 } as const;

/** Token vectors [n_b, H] by text number. */
export interface ActivationCache {
  readonly place: CachePlace;
  /** Bytes when every text is in it. */
  readonly bytes: number;
  /** The vectors of a text; undefined until they are put in. */
  readonly get: (number: number) => Float32Array | undefined;
  readonly put: (number: number, vectors: Float32Array) => void;
  readonly close: () => void;
}

/** What the cache of so many bytes will be. */
export function cachePlace(bytes: number): CachePlace {
  if (bytes <= CACHE_LIMITS.memory) return "memory";
  return bytes <= CACHE_LIMITS.file ? "file" : "none";
}

/**
 * Keeps token vectors of H numbers for the texts of a table: in memory up to 1 GB, in a file of `folder` up to 32 GB, which is
 * removed at the end; nothing beyond that. What the disk refuses is a UserError.
 */
export function openActivationCache(
  tokens: TokenTable,
  width: number,
  folder: string,
): ActivationCache {
  const bytes = tokens.total * width * 4;
  const place = cachePlace(bytes);
  const common = { place, bytes };
  if (place === "none") {
    return { ...common, get: () => undefined, put: () => undefined, close: () => undefined };
  }
  return { ...common, ...(place === "memory" ? memoryCache() : fileCache(tokens, width, folder)) };
}

type Storage = Pick<ActivationCache, "get" | "put" | "close">;

function memoryCache(): Storage {
  const kept = new Map<number, Float32Array>();
  return {
    get: (number) => kept.get(number),
    put: (number, vectors) => kept.set(number, vectors.slice()),
    close: () => kept.clear(),
  };
}

/** A text's vectors stand where its tokens stand in the table. */
function fileCache(tokens: TokenTable, width: number, folder: string): Storage {
  const path = join(folder, "activations.f32");
  const file = guarded(path, () => {
    mkdirSync(folder, { recursive: true });
    return openSync(path, "w+");
  });
  const known = new Set<number>();
  const at = (number: number): number => tokens.startOf(number) * width * 4;
  return {
    get: (number) => {
      if (!known.has(number)) return undefined;
      const vectors = new Float32Array(tokens.idsOf(number).length * width);
      guarded(path, () => readSync(file, vectors, 0, vectors.byteLength, at(number)));
      return vectors;
    },
    put: (number, vectors) => {
      guarded(path, () => writeAll(file, vectors, at(number)));
      known.add(number);
    },
    close: () => {
      closeSync(file);
      rmSync(path, { force: true });
    },
  };
}

/** A disk that fills up takes only a part and fails at the next. */
function writeAll(file: number, vectors: Float32Array, at: number): void {
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  for (let start = 0; start < bytes.length; ) {
    start += writeSync(file, bytes, start, bytes.length - start, at + start);
  }
}

function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw fileError(error, path);
  }
}
