import type { Encoder } from "../encoder/encoder.js";
import type { Matrix } from "../math/tensor.js";
import type { FormatWriter } from "./format.js";
import { writeEmbeddingFile } from "./formats.js";
import type { EmbeddingManifest } from "./manifest.js";
import type { PartialVectors } from "./partial.js";
import { openSourceTexts, type SourceRow, type SourceTexts } from "./source-texts.js";
import {
  prefixVectors,
  type Ranges,
  rangesOf,
  storedSize,
  storeVectors,
  type VectorType,
} from "./vector-type.js";

/** How complete vectors become a file. */
interface StoreOptions {
  readonly dimension: number;
  readonly type: VectorType;
  readonly ranges: Ranges | undefined;
  readonly texts: SourceTexts;
  readonly columns: readonly string[];
  /** Number of the first text, and how many there are. */
  readonly first: number;
  readonly rows: number;
  readonly model: EmbeddingManifest["model"];
  readonly prompt: string;
}

/** Writes the vectors, cut and in their type, with texts and columns where the format has a place for them. */
export async function writeStored(
  out: string,
  vectors: PartialVectors,
  options: StoreOptions,
): Promise<void> {
  const { type, dimension, rows, columns, model, prompt, texts } = options;
  const cols = storedSize(type, dimension);
  const metadata = {
    model: model.name,
    model_hash: model.hash,
    dtype: type,
    dimension: String(dimension),
    prompt,
    source: texts.file,
  };
  const layout = { rows, cols, type, columns, metadata };
  await writeEmbeddingFile(out, layout, (writer) => fill(writer, vectors, options));
}

async function fill(
  writer: FormatWriter,
  vectors: PartialVectors,
  options: StoreOptions,
): Promise<void> {
  const { dimension, type, ranges, first } = options;
  const source = options.texts.rows();
  try {
    await take(source, first);
    for await (const part of vectors.parts()) {
      const stored = storeVectors(cut(part, dimension), type, ranges);
      const rows = await take(source, part.rows);
      const texts = rows.map(({ text }) => text);
      await writer.write({ texts, cells: rows.map(({ cells }) => cells), vectors: stored });
    }
  } finally {
    await source.return(undefined);
  }
}

async function take(source: AsyncGenerator<SourceRow>, count: number): Promise<SourceRow[]> {
  const rows: SourceRow[] = [];
  while (rows.length < count) {
    const next = await source.next();
    if (next.done === true) break;
    rows.push(next.value);
  }
  return rows;
}

function cut(vectors: Matrix, dimension: number): Matrix {
  return dimension === vectors.cols ? vectors : prefixVectors(vectors, dimension);
}

/** The ranges of all vectors that are kept, cut to `dimension`. */
export function rangesOfAll(vectors: PartialVectors, dimension: number): Promise<Ranges> {
  return rangesOf(cutParts(vectors.parts(), dimension), dimension);
}

async function* cutParts(parts: AsyncIterable<Matrix>, dimension: number): AsyncGenerator<Matrix> {
  for await (const part of parts) yield cut(part, dimension);
}

export interface CalibrationOptions {
  readonly encoder: Encoder;
  readonly prompt: string;
  readonly dimension: number;
  readonly signal?: AbortSignal | undefined;
}

/** Texts of a calibration file that are encoded together. */
const PART = 2048;

/** The ranges of the vectors of a file's texts. */
export async function calibrationRanges(
  file: string,
  { encoder, prompt, dimension, signal }: CalibrationOptions,
): Promise<Ranges> {
  const texts = await openSourceTexts(file, {});
  const parts = encoder.encodeStream(partsOf(texts.rows(), PART), { prompt, signal });
  return rangesOf(cutParts(parts, dimension), dimension);
}

/** The texts of a stream in parts of `size`. */
export async function* partsOf(
  rows: AsyncIterable<SourceRow>,
  size: number,
): AsyncGenerator<string[]> {
  let part: string[] = [];
  for await (const { text } of rows) {
    part.push(text);
    if (part.length < size) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
