import { open } from "node:fs/promises";
import { UserError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";
import { float32ToFloat16 } from "../math/float16.js";
import type { EmbeddingFormat, FormatWriter, RowBatch, VectorLayout } from "./format.js";
import { type StoredVectors, storedRow, VECTOR_TYPES } from "./vector-type.js";

/** Parquet: text, kept columns and `embedding`, a list of floats (of whole numbers for int8 and binary) a row. */
export const parquetFormat: EmbeddingFormat = {
  extension: ".parquet",
  types: VECTOR_TYPES,
  hasText: true,
  header: () => new Uint8Array(0),
  open: openParquet,
  bodyStart: undefined,
  readBack: readParquet,
};

async function openParquet(path: string, layout: VectorLayout): Promise<FormatWriter> {
  const { fileWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ParquetWriter({
    writer: fileWriter(path),
    schema: schemaOf(layout),
    createdBy: "embtune",
    kvMetadata: Object.entries(layout.metadata).map(([key, value]) => ({ key, value })),
  });
  return {
    write: async (batch) => {
      if (batch.texts.length === 0) return;
      await writer.write({
        columnData: columnsOf(batch, layout),
        rowGroupSize: batch.texts.length,
      });
    },
    finish: async () => {
      await writer.finish();
      const file = await open(path, "r+");
      await file.sync();
      await file.close();
    },
    abort: async () => {},
  };
}

function schemaOf({ columns, type }: VectorLayout) {
  const text = (name: string) =>
    ({
      name,
      type: "BYTE_ARRAY",
      converted_type: "UTF8",
      repetition_type: "REQUIRED",
    }) as const;
  const element = type.startsWith("float") ? "FLOAT" : "INT32";
  return [
    { name: "root", num_children: columns.length + 2 },
    text("text"),
    ...columns.map(text),
    { name: "embedding", repetition_type: "REQUIRED", num_children: 1, converted_type: "LIST" },
    { name: "list", repetition_type: "REPEATED", num_children: 1 },
    { name: "element", type: element, repetition_type: "REQUIRED" },
  ] as const satisfies object[];
}

function columnsOf({ texts, cells, vectors }: RowBatch, { columns }: VectorLayout) {
  return [
    { name: "text", data: [...texts] },
    ...columns.map((name, k) => ({ name, data: cells.map((row) => row[k] ?? "") })),
    {
      name: "embedding",
      data: texts.map((_, i) => Array.from(storedRow(vectors, i))),
      encoding: "PLAIN" as const,
      codec: "UNCOMPRESSED" as const,
      statistics: false,
    },
  ];
}

/** A row as hyparquet gives it. */
type ParquetRow = Readonly<Record<string, unknown>> & { readonly embedding: readonly number[] };

/** A row group at a time: memory does not grow with the file. */
async function* readParquet(path: string, layout: VectorLayout): AsyncGenerator<RowBatch> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import(
    "hyparquet"
  );
  const file = await asyncBufferFromFile(path).catch((error: unknown) => {
    throw fileError(error, path);
  });
  const readable = <T>(reading: Promise<T>): Promise<T> =>
    reading.catch((cause: unknown) => {
      throw new UserError("bad-parquet", `cannot be read: ${(cause as Error).message}`, {
        at: { file: path },
        hint: "write the shard again",
        cause,
      });
    });
  const metadata = await readable(parquetMetadataAsync(file));
  let rowStart = 0;
  for (const { num_rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    const reading = parquetReadObjects({ file, metadata, rowStart, rowEnd });
    yield await readable(reading.then((rows) => batchOf(rows as ParquetRow[], layout)));
    rowStart = rowEnd;
  }
}

function batchOf(rows: readonly ParquetRow[], { columns, type, cols }: VectorLayout): RowBatch {
  return {
    texts: rows.map(({ text }) => String(text)),
    cells: rows.map((row) => columns.map((name) => String(row[name]))),
    vectors: { type, rows: rows.length, cols, data: storedData(rows, type, cols) },
  };
}

function storedData(rows: readonly ParquetRow[], type: StoredVectors["type"], cols: number) {
  const size = rows.length * cols;
  const numbers = type.startsWith("float") ? new Float32Array(size) : new Int8Array(size);
  rows.forEach(({ embedding }, i) => {
    if (embedding.length !== cols)
      throw new Error(`a vector of ${embedding.length} numbers, not ${cols}`);
    numbers.set(embedding, i * cols);
  });
  return type === "float16" ? float32ToFloat16(numbers as Float32Array) : numbers;
}
