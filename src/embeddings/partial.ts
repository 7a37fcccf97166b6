import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { fileError } from "../files/files.js";
import type { Matrix } from "../math/tensor.js";

/**
 * Vectors on their way to a file: float32 rows in a folder beside it, which an interrupted export goes on from. Only whole parts
 * count, so that the texts are encoded in the same parts as without the interruption, to the same bits.
 */
export interface PartialVectors {
  /** Rows that are there already. */
  readonly rows: number;
  /** Rows of earlier work on other data, model or options that were thrown away. */
  readonly discarded: boolean;
  readonly append: (vectors: Matrix) => Promise<void>;
  /** All rows, in parts. */
  readonly parts: () => AsyncGenerator<Matrix>;
  /** Closes the file. Less than a whole part is nothing to go on from, and is removed. */
  readonly close: () => Promise<void>;
}

interface PartialOptions {
  readonly cols: number;
  /** Rows of a part. */
  readonly partRows: number;
  /** Everything that the rows depend on. */
  readonly key: Readonly<Record<string, unknown>>;
}

/** The folder of an embeddings file that is not complete. */
export function partialFolder(out: string): string {
  return `${out}.partial`;
}

/** Creates the folder where it is not there. */
export function preparePartial(out: string): string {
  const folder = partialFolder(out);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, folder);
  }
  return folder;
}

/** Removes it, once the file is complete. */
export function removePartial(out: string): void {
  rmSync(partialFolder(out), { recursive: true, force: true });
}

/** Removes it where it holds no vectors. */
export function removeEmptyPartial(out: string): void {
  if (!existsSync(join(partialFolder(out), "vectors.f32"))) removePartial(out);
}

/** Opens the rows of earlier work on the same things, or begins anew. */
export async function openPartial(out: string, options: PartialOptions): Promise<PartialVectors> {
  const folder = preparePartial(out);
  const path = join(folder, "vectors.f32");
  const keyPath = join(folder, "key.json");
  const guarded = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw fileError(error, path);
    }
  };
  const bytes = options.cols * 4;
  const known = sameKey(keyPath, options.key);
  const stored = known && existsSync(path) ? Math.floor(statSync(path).size / bytes) : 0;
  const rows = stored - (stored % options.partRows);
  const discarded = !known && existsSync(path);
  const file = await guarded(async () => {
    if (!known) writeFileSync(keyPath, JSON.stringify(options.key));
    const handle = await open(path, existsSync(path) ? "r+" : "w+");
    await handle.truncate(rows * bytes);
    return handle;
  }).catch((error: unknown) => {
    if (rows === 0) removePartial(out);
    throw error;
  });
  let end = rows;
  return {
    rows,
    discarded,
    append: ({ data, rows: added, cols }) =>
      guarded(async () => {
        const values = data.subarray(0, added * cols);
        const chunk = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        await writeAll(file, chunk, end * bytes);
        await file.datasync();
        end += added;
      }),
    parts: () => readParts(file, { ...options, rows: end }),
    close: async () => {
      await file.close();
      if (end < options.partRows) removePartial(out);
    },
  };
}

function sameKey(path: string, key: Readonly<Record<string, unknown>>): boolean {
  try {
    const known: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isDeepStrictEqual(known, JSON.parse(JSON.stringify(key)));
  } catch {
    return false;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

async function* readParts(
  file: FileHandle,
  { rows, cols, partRows }: { rows: number; cols: number; partRows: number },
): AsyncGenerator<Matrix> {
  for (let row = 0; row < rows; row += partRows) {
    const count = Math.min(partRows, rows - row);
    const data = new Float32Array(count * cols);
    const bytes = new Uint8Array(data.buffer);
    for (let done = 0; done < bytes.length; ) {
      const position = row * cols * 4 + done;
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, position);
      if (bytesRead === 0) throw new Error("the vectors kept so far were changed from outside");
      done += bytesRead;
    }
    yield { rows: count, cols, data };
  }
}
