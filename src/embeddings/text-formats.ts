import { csvField, firstLine } from "./csv-cells.js";
import { bytesWriter, type EmbeddingFormat, type RowBatch, type VectorLayout } from "./format.js";
import { type StoredVectors, storedRow, VECTOR_TYPES } from "./vector-type.js";

const utf8 = new TextEncoder();

/** Nine significant digits: enough to read the same float32 back. Whole numbers as they are. */
const digits = (x: number): string => String(Number(x.toPrecision(9)));

/** The stored numbers of row i, commas between them. */
export function numbersText(vectors: StoredVectors, i: number): string {
  return Array.from(storedRow(vectors, i), digits).join(",");
}

/** JSON Lines: {"text", kept columns…, "embedding": […]}. */
export const jsonLinesFormat: EmbeddingFormat = {
  extension: ".jsonl",
  types: VECTOR_TYPES,
  hasText: true,
  header: () => new Uint8Array(0),
  open: (path, { columns }) =>
    bytesWriter(path, new Uint8Array(0), (batch) => utf8.encode(jsonLines(batch, columns))),
  bodyStart: async () => 0,
};

function jsonLines({ texts, cells, vectors }: RowBatch, columns: readonly string[]): string {
  return texts
    .map((text, i) => {
      const kept = columns.map(
        (name, k) => `${JSON.stringify(name)}:${JSON.stringify(cells[i]?.[k] ?? "")},`,
      );
      return `{"text":${JSON.stringify(text)},${kept.join("")}"embedding":[${numbersText(vectors, i)}]}\n`;
    })
    .join("");
}

/** CSV: text, kept columns…, e0, e1, …; fields with a comma, quote or line break are quoted. */
export const csvFormat: EmbeddingFormat = {
  extension: ".csv",
  types: VECTOR_TYPES,
  hasText: true,
  header: csvHeader,
  open: (path, layout) =>
    bytesWriter(path, csvHeader(layout), (batch) => utf8.encode(csvRows(batch))),
  bodyStart: firstLine,
};

function csvHeader({ columns, cols }: VectorLayout): Uint8Array {
  const names = ["text", ...columns, ...Array.from({ length: cols }, (_, k) => `e${k}`)];
  return utf8.encode(`${names.map(csvField).join(",")}\n`);
}

function csvRows({ texts, cells, vectors }: RowBatch): string {
  return texts
    .map((text, i) => {
      const kept = (cells[i] ?? []).map((cell) => `${csvField(cell)},`).join("");
      return `${csvField(text)},${kept}${numbersText(vectors, i)}\n`;
    })
    .join("");
}
