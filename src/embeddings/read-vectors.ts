import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { UserError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import { openParquetFile } from "../files/parquet-file.js";
import { requireReadable } from "../files/usable-path.js";
import { float16ToFloat32 } from "../math/float16.js";
import type { Matrix } from "../math/tensor.js";
import { embeddingFormat } from "./formats.js";
import { type EmbeddingManifest, manifestPath, readManifest } from "./manifest.js";
import type { VectorType } from "./vector-type.js";

/** By file name extension, each that `embed` writes. */
const readers: Readonly<
  Record<string, (file: string, manifest: EmbeddingManifest) => Promise<ArrayLike<number>>>
> = {
  ".npy": async (file, { dtype }) => {
    const bytes = bytesOf(file);
    return typed(dtype, bytes.subarray(10 + bytes.readUInt16LE(8)));
  },
  ".safetensors": async (file, { dtype }) => {
    const bytes = bytesOf(file);
    return typed(dtype, bytes.subarray(8 + Number(bytes.readBigUInt64LE(0))));
  },
  ".fvecs": async (file, { dimension }) => {
    const numbers = typed("float32", bytesOf(file)) as Float32Array;
    return numbers.filter((_, i) => i % (dimension + 1) !== 0);
  },
  ".jsonl": async (file) => {
    const lines = bytesOf(file).toString("utf8").split("\n").filter(Boolean);
    return lines.flatMap((line) => (JSON.parse(line) as { embedding: number[] }).embedding);
  },
  ".csv": async (file) => {
    const [names = [], ...rows] = csvRows(file);
    const first = names.lastIndexOf("e0");
    return rows.flatMap((row) => row.slice(first).map(Number));
  },
  ".pgvector": async (file) => {
    const rows = csvRows(file).slice(1);
    return rows.flatMap((row) => JSON.parse(row.at(-1) ?? "[]") as number[]);
  },
  ".tsv": async (file) =>
    bytesOf(file)
      .toString("utf8")
      .split(/[\t\n]/)
      .filter(Boolean)
      .map(Number),
  ".parquet": async (file) => {
    const opened = await openParquetFile(file, "write it again with embtune embed");
    const place = opened.columns.indexOf("embedding");
    const numbers: number[] = [];
    for await (const { values } of opened.groups())
      for (const row of Array.from(values[place] as ArrayLike<ArrayLike<number>>))
        numbers.push(...Array.from(row));
    return numbers;
  },
};

/**
 * The vectors [rows, dimension] of a file that `embed` wrote, by its manifest: float32 and float16 as they are; int8 as low + (q + 128)·(high −
 * low)/255 by the ranges of its dimensions; binary as −1 and 1. UserErrors: no manifest, `damaged-vectors` where the file does not hold what
 * the manifest says.
 */
export async function readVectors(file: string): Promise<Matrix> {
  const { extension } = embeddingFormat(file);
  requireReadable(file);
  const manifest = readManifest(file);
  const { rows, dimension: cols, dtype } = manifest;
  const stored = await readNumbers(file, manifest, extension);
  const wide = dtype === "binary" ? Math.ceil(cols / 8) : cols;
  if (stored.length !== rows * wide)
    throw damaged(file, `holds ${stored.length} numbers, expected ${rows} × ${wide}`);
  if (dtype === "binary") return { rows, cols, data: signs(stored, { rows, cols, wide }) };
  const data = Float32Array.from(stored);
  const { ranges } = manifest;
  if (dtype === "int8" && ranges !== undefined)
    for (let i = 0; i < data.length; i++) {
      const [low, high] = [ranges.low[i % cols], ranges.high[i % cols]];
      data[i] = low + ((data[i] + 128) * (high - low)) / 255;
    }
  return { rows, cols, data };
}

async function readNumbers(
  file: string,
  manifest: EmbeddingManifest,
  extension: string,
): Promise<ArrayLike<number>> {
  try {
    return await readers[extension](file, manifest);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw damaged(file, `cannot be read: ${(error as Error).message}`);
  }
}

/** Bit 7 of byte 0 is dimension 0; bytes are stored less 128. */
function signs(
  bytes: ArrayLike<number>,
  { rows, cols, wide }: { readonly rows: number; readonly cols: number; readonly wide: number },
): Float32Array {
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < cols; k++) {
      const byte = bytes[i * wide + (k >> 3)] + 128;
      data[i * cols + k] = (byte & (0x80 >> (k & 7))) === 0 ? -1 : 1;
    }
  return data;
}

/** The numbers of raw bytes, which may begin anywhere. */
function typed(type: VectorType, bytes: Uint8Array): ArrayLike<number> {
  const { buffer } = Uint8Array.from(bytes);
  if (type === "float32") return new Float32Array(buffer);
  return type === "float16" ? float16ToFloat32(new Uint16Array(buffer)) : new Int8Array(buffer);
}

function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file);
  }
}

function csvRows(file: string): string[][] {
  return parse(bytesOf(file), { relax_column_count: false });
}

function damaged(file: string, what: string): UserError {
  return new UserError("damaged-vectors", what, {
    at: { file },
    hint: `it belongs to ${manifestPath(file)}: write both again with embtune embed`,
  });
}
