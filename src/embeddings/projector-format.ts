import { type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { EmbeddingFormat, FormatWriter, RowBatch, VectorLayout } from "./format.js";
import { storedRow } from "./vector-type.js";

/** Rows that are read back at a time. */
const BATCH = 1000;

/**
 * What TensorFlow's Embedding Projector loads (projector.tensorflow.org): tab-separated numbers without a header, and beside them the
 * texts and kept columns as metadata, with a header only where there are several columns, as the projector wants it. Tabs and line
 * breaks of texts are spaces there.
 */
export const projectorFormat: EmbeddingFormat = {
  extension: ".tsv",
  types: ["float32"],
  hasText: true,
  header: () => new Uint8Array(0),
  beside: metadataPath,
  open: openProjector,
  bodyStart: undefined,
  readBack,
};

/** `metadata.tsv` of vectors.tsv, else `x.metadata.tsv` of x.tsv. */
function metadataPath(path: string): string {
  const name = basename(path).replace(/\.tsv$/i, "");
  return join(dirname(path), name === "vectors" ? "metadata.tsv" : `${name}.metadata.tsv`);
}

async function openProjector(
  path: string,
  { columns }: VectorLayout,
  beside = metadataPath(path),
): Promise<FormatWriter> {
  const files = [await open(path, "w"), await open(beside, "w")] as const;
  if (columns.length > 0) await files[1].writeFile(line(["text", ...columns]));
  const each = async (change: (file: FileHandle) => Promise<void>): Promise<void> => {
    for (const file of files) await change(file);
  };
  return {
    write: async (batch) => {
      await files[0].writeFile(numberLines(batch));
      const rows = batch.texts.map((text, i) => line([text, ...(batch.cells[i] ?? [])]));
      await files[1].writeFile(rows.join(""));
    },
    finish: () =>
      each(async (file) => {
        await file.sync();
        await file.close();
      }),
    abort: () => each((file) => file.close()),
  };
}

function numberLines({ texts, vectors }: RowBatch): string {
  const numbers = (i: number): string =>
    Array.from(storedRow(vectors, i), (x) => String(Number(x.toPrecision(9)))).join("\t");
  return texts.map((_, i) => `${numbers(i)}\n`).join("");
}

function line(cells: readonly string[]): string {
  return `${cells.map((cell) => cell.replace(/[\t\r\n]+/g, " ")).join("\t")}\n`;
}

async function* readBack(path: string, { cols, columns }: VectorLayout): AsyncGenerator<RowBatch> {
  const [vectors, metadata] = [await open(path), await open(metadataPath(path))];
  try {
    const rows = metadata.readLines()[Symbol.asyncIterator]();
    if (columns.length > 0) await rows.next();
    let held: ReadRow[] = [];
    for await (const numbers of vectors.readLines()) {
      const { value = "" } = await rows.next();
      held.push({ numbers: numbers.split("\t").map(Number), cells: value.split("\t") });
      if (held.length < BATCH) continue;
      yield batchOf(held, cols);
      held = [];
    }
    if (held.length > 0) yield batchOf(held, cols);
  } finally {
    await vectors.close();
    await metadata.close();
  }
}

interface ReadRow {
  readonly numbers: readonly number[];
  readonly cells: readonly string[];
}

function batchOf(rows: readonly ReadRow[], cols: number): RowBatch {
  const data = Float32Array.from(rows.flatMap(({ numbers }) => numbers));
  return {
    texts: rows.map(({ cells }) => cells[0]),
    cells: rows.map(({ cells }) => cells.slice(1)),
    vectors: { type: "float32", rows: rows.length, cols, data },
  };
}
