import { csvField, firstLine } from "./csv-cells.js";
import { bytesWriter, type EmbeddingFormat, type RowBatch, type VectorLayout } from "./format.js";
import { numbersText } from "./text-formats.js";

const utf8 = new TextEncoder();

/**
 * CSV for PostgreSQL's pgvector: text, kept columns and one column `embedding` that holds `[0.1,0.2,…]`, its input form
 * (https://github.com/pgvector/pgvector, "Getting started"): COPY items (text, embedding) FROM 'file.pgvector' WITH (FORMAT csv, HEADER).
 */
export const pgvectorFormat: EmbeddingFormat = {
  extension: ".pgvector",
  types: ["float32", "float16"],
  hasText: true,
  header: pgvectorHeader,
  open: (path, layout) =>
    bytesWriter(path, pgvectorHeader(layout), (batch) => utf8.encode(pgvectorRows(batch))),
  bodyStart: firstLine,
};

function pgvectorHeader({ columns }: VectorLayout): Uint8Array {
  return utf8.encode(`${["text", ...columns, "embedding"].map(csvField).join(",")}\n`);
}

function pgvectorRows({ texts, cells, vectors }: RowBatch): string {
  return texts
    .map((text, i) => {
      const kept = (cells[i] ?? []).map((cell) => `${csvField(cell)},`).join("");
      return `${csvField(text)},${kept}"[${numbersText(vectors, i)}]"\n`;
    })
    .join("");
}
