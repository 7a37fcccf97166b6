import { open } from "node:fs/promises";
import { UserError } from "../errors/user-error.js";
import { openParquetFile } from "../files/parquet-file.js";
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

/** A row group at a time: memory does not grow with the file. */
async function* readParquet(path: string, layout: VectorLayout): AsyncGenerator<RowBatch> {
  const hint = "write the shard again";
  const file = await openParquetFile(path, hint);
  for await (const group of file.groups()) {
    const column = (name: string): ArrayLike<unknown> => {
      const found = group.values[file.columns.indexOf(name)];
      if (found === undefined) throw badShard(path, `has no column "${name}"`, hint);
      return found;
    };
    const { type, cols } = layout;
    const embeddings = column("embedding") as ArrayLike<ArrayLike<number>>;
    if (Array.from(embeddings).some(({ length }) => length !== cols))
      throw badShard(path, `has a vector that is not of ${cols} numbers`, hint);
    const kept = layout.columns.map(column);
    yield {
      texts: Array.from(column("text"), String),
      cells: Array.from(embeddings, (_, i) => kept.map((values) => String(values[i]))),
      vectors: { type, rows: group.rows, cols, data: storedData(embeddings, type, cols) },
    };
  }
}

function badShard(path: string, what: string, hint: string): UserError {
  return new UserError("bad-parquet", `cannot be read: ${what}`, { at: { file: path }, hint });
}

function storedData(rows: ArrayLike<ArrayLike<number>>, type: StoredVectors["type"], cols: number) {
  const size = rows.length * cols;
  const numbers = type.startsWith("float") ? new Float32Array(size) : new Int8Array(size);
  for (let i = 0; i < rows.length; i++) numbers.set(rows[i], i * cols);
  return type === "float16" ? float32ToFloat16(numbers as Float32Array) : numbers;
}
