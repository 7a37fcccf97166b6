import { existsSync } from "node:fs";
import { openTexts, type TextStream } from "../dataset/load-dataset.js";
import type { Encoder, EncoderInfo } from "../encoder/encoder.js";
import { loadEncoder } from "../encoder/load.js";
import { usageError } from "../errors/user-error.js";
import { writeFileAtomic } from "../runtime/files.js";
import { openRuntime } from "../runtime/runtime.js";
import { packageVersion } from "../training/version.js";
import { type EmbeddingWriter, embeddingFormat, openEmbeddingFile } from "./embedding-file.js";

export interface EmbedOptions {
  /** A file with a text column, or .txt with a text a line. */
  readonly data: string;
  /** .npy, .jsonl or .csv. */
  readonly out: string;
  readonly overwrite?: boolean;
  /** Column that holds the texts. */
  readonly column?: string;
  /** Model folder, run folder or hub id; absent: the bundled encoder. */
  readonly model?: string;
  readonly maxLength?: number;
  readonly pooling?: string;
  readonly allowDownload?: boolean;
  /** Most texts in a batch. */
  readonly batchSize?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: EmbedEvent) => void;
}

export type EmbedEvent =
  | {
      readonly type: "source";
      readonly column: string;
      readonly dialect: string;
      /** Number of texts, counted beforehand; unknown for standard input. */
      readonly total: number | undefined;
    }
  | { readonly type: "model"; readonly info: EncoderInfo }
  | { readonly type: "written"; readonly rows: number };

/** What stands in `FILE.manifest.json` beside the vectors. */
export interface EmbeddingManifest {
  readonly embtune: string;
  readonly file: string;
  readonly format: string;
  readonly rows: number;
  readonly dimension: number;
  readonly dtype: "float32";
  /** Whether every vector has length 1. */
  readonly normalized: boolean;
  readonly model: { readonly name: string; readonly hash: string; readonly maxLength: number };
  readonly source: { readonly path: string; readonly column: string; readonly sha256: string };
}

/** Texts that are read, encoded and written together; memory depends on this and not on the file. */
const partSize = 2048;

/**
 * Writes the vector of each text, in order, and a manifest beside the file. Texts are streamed. The file appears when it is complete; an
 * abort or a failure leaves nothing.
 */
export async function embed(options: EmbedOptions): Promise<EmbeddingManifest> {
  embeddingFormat(options.out);
  refuseExisting(options);
  const { threads, onEvent } = options;
  const total = await countTexts(options);
  const texts = await openTextsOf(options);
  const { dialect, columns } = texts;
  onEvent?.({ type: "source", column: String(columns.text), dialect, total });
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const encoder = await loadEncoder({ ...options, runtime });
    onEvent?.({ type: "model", info: encoder.info });
    const rows = await writeVectors(options, texts, encoder);
    const manifest = manifestOf(options, { texts, info: encoder.info, rows });
    await writeFileAtomic(manifestPath(options.out), `${JSON.stringify(manifest, null, 2)}\n`);
    return manifest;
  } finally {
    texts.close();
    await runtime.close();
  }
}

/** The manifest's path beside an embeddings file. */
export function manifestPath(out: string): string {
  return `${out}.manifest.json`;
}

function refuseExisting({ out, overwrite }: EmbedOptions): void {
  if (overwrite || !existsSync(out)) return;
  throw usageError(
    "out-exists",
    `--out "${out}" exists`,
    "choose another name, or add --overwrite",
  );
}

function openTextsOf({ data, column }: EmbedOptions): Promise<TextStream> {
  return openTexts(data, column === undefined ? {} : { columns: { text: column } });
}

/** Reading is hundreds of times faster than encoding, so a first pass is cheap; it finds broken rows before any work is done. */
async function countTexts(options: EmbedOptions): Promise<number | undefined> {
  if (options.data === "-") return undefined;
  const texts = await openTextsOf(options);
  let total = 0;
  for await (const _ of texts.rows()) total += 1;
  return total;
}

async function writeVectors(
  options: EmbedOptions,
  texts: TextStream,
  encoder: Encoder,
): Promise<number> {
  const { signal, batchSize, onEvent } = options;
  const writer: EmbeddingWriter = await openEmbeddingFile(options.out, encoder.info.dimension);
  const waiting: string[][] = [];
  try {
    let rows = 0;
    const parts = remembered(partsOf(texts), waiting);
    for await (const vectors of encoder.encodeStream(parts, { signal, batchSize })) {
      await writer.write(waiting.shift() ?? [], vectors);
      rows += vectors.rows;
      onEvent?.({ type: "written", rows });
    }
    return await writer.finish();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function* partsOf(texts: TextStream): AsyncGenerator<string[]> {
  let part: string[] = [];
  for await (const { text } of texts.rows()) {
    part.push(text);
    if (part.length < partSize) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

/** Hands the parts on and keeps those whose vectors have not come back. */
async function* remembered(
  parts: AsyncIterable<string[]>,
  waiting: string[][],
): AsyncGenerator<string[]> {
  for await (const part of parts) {
    waiting.push(part);
    yield part;
  }
}

interface Written {
  readonly texts: TextStream;
  readonly info: EncoderInfo;
  readonly rows: number;
}

function manifestOf(options: EmbedOptions, { texts, info, rows }: Written): EmbeddingManifest {
  return {
    embtune: packageVersion(),
    file: options.out,
    format: embeddingFormat(options.out).slice(1),
    rows,
    dimension: info.dimension,
    dtype: "float32",
    normalized: info.normalize,
    model: { name: info.name, hash: info.hash, maxLength: info.maxLength },
    source: { path: options.data, column: String(texts.columns.text), sha256: texts.sha256() },
  };
}
