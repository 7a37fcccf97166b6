import { mkdirSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { suggestion } from "../errors/suggest.js";
import { usageError } from "../errors/user-error.js";
import type { Matrix } from "../math/tensor.js";
import { fileError } from "../runtime/files.js";
import { npyHeader } from "./npy.js";

/** Writes embeddings row by row to a file that appears only when it is complete. */
export interface EmbeddingWriter {
  /** Appends one row a text. */
  readonly write: (texts: readonly string[], vectors: Matrix) => Promise<void>;
  /** Completes the file and moves it into place; returns the number of rows. */
  readonly finish: () => Promise<number>;
  /** Removes what was written. */
  readonly abort: () => Promise<void>;
}

/** How one format turns rows into bytes. */
interface Format {
  readonly start: (cols: number) => Uint8Array;
  readonly rows: (texts: readonly string[], vectors: Matrix) => Uint8Array;
  /** The first bytes again, once the number of rows is known. */
  readonly restart?: (rows: number, cols: number) => Uint8Array;
}

const utf8 = new TextEncoder();

/** Nine significant digits: enough to read the same float32 back. */
const digits = (x: number): string => String(Number(x.toPrecision(9)));

const rowOf = (vectors: Matrix, i: number): string[] =>
  Array.from(vectors.data.subarray(i * vectors.cols, (i + 1) * vectors.cols), digits);

const csvField = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const formats: Record<string, Format> = {
  ".npy": {
    start: (cols) => npyHeader(0, cols),
    rows: (_, { data, rows, cols }) => {
      const values = data.subarray(0, rows * cols);
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    },
    restart: npyHeader,
  },
  ".jsonl": {
    start: () => new Uint8Array(0),
    rows: (texts, vectors) =>
      utf8.encode(
        texts
          .map(
            (text, i) =>
              `{"text":${JSON.stringify(text)},"embedding":[${rowOf(vectors, i).join(",")}]}\n`,
          )
          .join(""),
      ),
  },
  ".csv": {
    start: (cols) =>
      utf8.encode(`text,${Array.from({ length: cols }, (_, k) => `e${k}`).join(",")}\n`),
    rows: (texts, vectors) =>
      utf8.encode(
        texts.map((text, i) => `${csvField(text)},${rowOf(vectors, i).join(",")}\n`).join(""),
      ),
  },
};

/** File name extensions that `embedding files` are written in. */
export const embeddingFormats: readonly string[] = Object.keys(formats);

/** The format of a file name by its extension; another extension is a usage error. */
export function embeddingFormat(path: string): string {
  const extension = extname(path).toLowerCase();
  if (formats[extension] !== undefined) return extension;
  throw usageError(
    "unknown-embedding-format",
    `--out must end in ${embeddingFormats.join(", ")}, got "${path}"`,
    suggestion(extension, embeddingFormats),
  );
}

/**
 * Opens a file for embeddings of `cols` dimensions. Format by extension: .npy (float32 [rows, cols]), .jsonl
 * ({"text", "embedding"} a line), .csv (text, e0 … e{cols−1}). Memory does not grow with the rows. The bytes go to a
 * hidden file beside the target, which is renamed by `finish`. A full disk or read-only folder is a UserError.
 */
export async function openEmbeddingFile(path: string, cols: number): Promise<EmbeddingWriter> {
  const format = formats[embeddingFormat(path)]!;
  const temporary = `${path}.${process.pid}.tmp`;
  const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw fileError(error, path);
    }
  };
  const file = await guarded(async () => {
    mkdirSync(dirname(path), { recursive: true });
    const handle = await open(temporary, "w");
    await writeAll(handle, format.start(cols));
    return handle;
  });
  let count = 0;
  return {
    write: (texts, vectors) =>
      guarded(async () => {
        await writeAll(file, format.rows(texts, vectors));
        count += vectors.rows;
      }),
    finish: () =>
      guarded(async () => {
        if (format.restart !== undefined) await writeAll(file, format.restart(count, cols), 0);
        await file.sync();
        await file.close();
        await rename(temporary, path);
        return count;
      }),
    abort: async () => {
      await file.close().catch(() => {});
      await rm(temporary, { force: true }).catch(() => {});
    },
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const at = position === undefined ? null : position + done;
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
    done += bytesWritten;
  }
}
