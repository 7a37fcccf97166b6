import { float16ToFloat32, float32ToFloat16 } from "../math/float16.js";
import type { Matrix } from "../math/tensor.js";

/** How the numbers of a vector are stored. */
export type VectorType = "float32" | "float16" | "int8" | "binary";

export const VECTOR_TYPES: readonly VectorType[] = ["float32", "float16", "int8", "binary"];

/** Smallest and largest value of each dimension: what int8 spreads its 256 steps over. */
export interface Ranges {
  readonly low: Float32Array;
  readonly high: Float32Array;
}

/** Vectors as they are stored, row by row: float16 as its 16 bits; binary as bytes of 8 signs, less 128. */
export interface StoredVectors {
  readonly type: VectorType;
  readonly rows: number;
  /** Stored elements of a row. */
  readonly cols: number;
  readonly data: Float32Array | Uint16Array | Int8Array;
}

/** Stored elements of a vector of `dimension` numbers: of binary one byte for 8 of them. */
export function storedSize(type: VectorType, dimension: number): number {
  return type === "binary" ? Math.ceil(dimension / 8) : dimension;
}

/** Vectors in a type; int8 needs ranges. As sentence-transformers' `quantize_embeddings` computes them. */
export function storeVectors(vectors: Matrix, type: VectorType, ranges?: Ranges): StoredVectors {
  const { rows, cols } = vectors;
  const data = vectors.data.subarray(0, rows * cols);
  if (type === "float16") return { type, rows, cols, data: float32ToFloat16(data) };
  if (type === "binary")
    return { type, rows, cols: storedSize(type, cols), data: signBits(data, cols) };
  if (type === "int8" && ranges !== undefined)
    return { type, rows, cols, data: scalarQuantized(data, cols, ranges) };
  return { type, rows, cols, data };
}

/** The stored elements of row i as numbers, for formats made of text. */
export function storedRow({ type, cols, data }: StoredVectors, i: number): ArrayLike<number> {
  const row = data.subarray(i * cols, (i + 1) * cols);
  return type === "float16" ? float16ToFloat32(row as Uint16Array) : row;
}

/**
 * floor((x − low) / step) − 128 within −128 … 127, step = (high − low) / 255, or 1 where a dimension is constant; in float32, as
 * NumPy computes it. Values outside the ranges become the nearest end.
 */
function scalarQuantized(data: Float32Array, cols: number, { low, high }: Ranges): Int8Array {
  const steps = low.map((from, k) => Math.fround(Math.fround(high[k] - from) / 255) || 1);
  return Int8Array.from(data, (x, i) => {
    const k = i % cols;
    const step = Math.floor(Math.fround(Math.fround(x - low[k]) / steps[k]));
    return Math.min(255, Math.max(0, step)) - 128;
  });
}

/** Bit 7 of byte 0 is dimension 0: 1 where the number is above 0. Bytes are stored as byte − 128. */
function signBits(data: Float32Array, cols: number): Int8Array {
  const width = Math.ceil(cols / 8);
  const bytes = new Uint8Array((data.length / cols) * width);
  for (let i = 0; i < data.length; i++) {
    const k = i % cols;
    if (data[i] > 0) bytes[((i - k) / cols) * width + (k >> 3)] |= 0x80 >> (k & 7);
  }
  return Int8Array.from(bytes, (byte) => byte - 128);
}

/** The ranges over all parts; an empty stream gives infinite ones. */
export async function rangesOf(
  parts: AsyncIterable<Matrix> | Iterable<Matrix>,
  cols: number,
): Promise<Ranges> {
  const low = new Float32Array(cols).fill(Number.POSITIVE_INFINITY);
  const high = new Float32Array(cols).fill(Number.NEGATIVE_INFINITY);
  for await (const { data } of parts) {
    for (let i = 0; i < data.length; i++) {
      const k = i % cols;
      low[k] = Math.min(low[k], data[i]);
      high[k] = Math.max(high[k], data[i]);
    }
  }
  return { low, high };
}

/** The first `dimension` numbers of each vector, divided by the norm sqrt(Σx² + 1e-12) of what is left. */
export function prefixVectors({ rows, cols, data }: Matrix, dimension: number): Matrix {
  const cut = new Float32Array(rows * dimension);
  for (let i = 0; i < rows; i++) {
    const prefix = data.subarray(i * cols, i * cols + dimension);
    const norm = Math.sqrt(prefix.reduce((sum, x) => sum + x * x, 1e-12));
    for (let k = 0; k < dimension; k++) cut[i * dimension + k] = prefix[k] / norm;
  }
  return { rows, cols: dimension, data: cut };
}
