import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../errors/user-error.js";
import type { VectorType } from "./vector-type.js";

/** A part of the texts, for many machines. */
export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly of: number;
  /** Number of its first text, from 0, and of all texts. */
  readonly first: number;
  readonly total: number;
}

/** What stands in `FILE.manifest.json` beside the vectors. */
export interface EmbeddingManifest {
  readonly embtune: string;
  readonly file: string;
  readonly format: string;
  readonly rows: number;
  /** Numbers in an embedding; a binary one stores an eighth as many bytes. */
  readonly dimension: number;
  readonly dtype: VectorType;
  /** Whether every vector had length 1 before it was stored. */
  readonly normalized: boolean;
  /** Text that was put before every text. */
  readonly prompt: string;
  readonly model: { readonly name: string; readonly hash: string; readonly maxLength: number };
  readonly source: {
    readonly path: string;
    readonly column: string;
    readonly sha256: string;
    /** Source columns that are kept. */
    readonly kept: readonly string[];
  };
  readonly shard?: Shard | undefined;
  /** int8: the range of each dimension, by which x ≈ low + (q + 128)·(high − low)/255. */
  readonly ranges?:
    | { readonly low: readonly number[]; readonly high: readonly number[] }
    | undefined;
}

/** The manifest's path beside an embeddings file. */
export function manifestPath(out: string): string {
  return `${out}.manifest.json`;
}

/** Reads the manifest of an embeddings file. */
export function readManifest(file: string): EmbeddingManifest {
  const path = manifestPath(file);
  if (!existsSync(path)) {
    throw new UserError("no-manifest", "has no manifest beside it", {
      at: { file },
      hint: `keep ${path} with the file: it tells which part of the texts it holds`,
    });
  }
  try {
    return JSON.parse(readFileSync(path, "utf8")) as EmbeddingManifest;
  } catch (cause) {
    throw new UserError("bad-manifest", "is not valid JSON", { at: { file: path }, cause });
  }
}
