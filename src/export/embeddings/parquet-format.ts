import { open } from "node:fs/promises";
import type { EmbeddingFormat, FormatWriter, Layout, RowBatch } from "./format.js";
import { storedRow, VECTOR_TYPES } from "./vector-type.js";

/** Parquet: text, kept columns and `embedding`, a list of floats (of whole numbers for int8 and binary) a row. */
export const parquetFormat: EmbeddingFormat = {
  extension: ".parquet",
  types: VECTOR_TYPES,
  hasText: true,
  header: () => new Uint8Array(0),
  open: openParquet,
  bodyStart: undefined,
};

async function openParquet(path: string, layout: Layout): Promise<FormatWriter> {
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

function schemaOf({ columns, type }: Layout) {
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

function columnsOf({ texts, cells, vectors }: RowBatch, { columns }: Layout) {
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
