import type { FileHandle } from "node:fs/promises";
import { internal } from "../errors/internal.js";
import { type NpyType, npyHeader } from "../files/npy-header.js";
import { bytesWriter, type EmbeddingFormat, type VectorLayout } from "./format.js";
import { type StoredVectors, VECTOR_TYPES, type VectorType } from "./vector-type.js";

const npyTypes: Readonly<Record<VectorType, NpyType>> = {
  float32: "<f4",
  float16: "<f2",
  int8: "|i1",
  binary: "|i1",
};

const safetensorsTypes: Readonly<Record<VectorType, string>> = {
  float32: "F32",
  float16: "F16",
  int8: "I8",
  binary: "I8",
};

const elementBytes: Readonly<Record<VectorType, number>> = {
  float32: 4,
  float16: 2,
  int8: 1,
  binary: 1,
};

function rawBytes({ data }: StoredVectors): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** NumPy's .npy: an array [rows, cols] of float32, float16 or int8. */
export const npyFormat: EmbeddingFormat = {
  extension: ".npy",
  types: VECTOR_TYPES,
  hasText: false,
  header: ({ rows, cols, type }) => npyHeader(rows, cols, npyTypes[type]),
  open: (path, layout) =>
    bytesWriter(path, npyFormat.header(layout), ({ vectors }) => rawBytes(vectors)),
  bodyStart: async (file) => 10 + (await readHead(file, 10)).readUInt16LE(8),
};

/** safetensors: one tensor `embeddings` [rows, cols], with the model and the source as metadata. */
export const safetensorsFormat: EmbeddingFormat = {
  extension: ".safetensors",
  types: VECTOR_TYPES,
  hasText: false,
  header: safetensorsHeader,
  open: (path, layout) =>
    bytesWriter(path, safetensorsHeader(layout), ({ vectors }) => rawBytes(vectors)),
  bodyStart: async (file) => 8 + Number((await readHead(file, 8)).readBigUInt64LE(0)),
};

function safetensorsHeader({ rows, cols, type, metadata }: VectorLayout): Uint8Array {
  const embeddings = {
    dtype: safetensorsTypes[type],
    shape: [rows, cols],
    data_offsets: [0, rows * cols * elementBytes[type]],
  };
  const json = Buffer.from(JSON.stringify({ __metadata__: metadata, embeddings }));
  const length = Math.ceil(json.length / 8) * 8;
  const header = Buffer.alloc(8 + length, " ");
  header.writeBigUInt64LE(BigInt(length), 0);
  json.copy(header, 8);
  return header;
}

/** fvecs (http://corpus-texmex.irisa.fr): each vector as its length, int32, and its float32 numbers. */
export const fvecsFormat: EmbeddingFormat = {
  extension: ".fvecs",
  types: ["float32"],
  hasText: false,
  header: () => new Uint8Array(0),
  open: (path) => bytesWriter(path, new Uint8Array(0), ({ vectors }) => fvecsRows(vectors)),
  bodyStart: async () => 0,
};

function fvecsRows({ rows, cols, data }: StoredVectors): Uint8Array {
  const bytes = Buffer.alloc(rows * (cols + 1) * 4);
  for (let i = 0; i < rows; i++) {
    const at = i * (cols + 1) * 4;
    bytes.writeInt32LE(cols, at);
    const row = data.subarray(i * cols, (i + 1) * cols);
    bytes.set(new Uint8Array(row.buffer, row.byteOffset, row.byteLength), at + 4);
  }
  return bytes;
}

async function readHead(file: FileHandle, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
  return bytesRead === length ? buffer : internal("the file is shorter than its header");
}
