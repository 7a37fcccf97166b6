import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { invariant } from "../errors/internal.js";
import { fileError } from "../files/files.js";

/** Bytes of a key. */
const KEY_BYTES = 16;

/** Rows of float32 numbers under keys, in the order in which they were added. */
export interface VectorStore {
  /** Keys of the rows that are there, each a text of 16 characters below U+0100. */
  readonly keys: () => string[];
  /** Adds a row for each key; `rows` holds them one after the other. */
  readonly append: (keys: readonly string[], rows: Float32Array) => void;
  /** Copies row `index` to `target`, which has the length of a row. */
  readonly read: (index: number, target: Float32Array) => void;
  readonly close: () => void;
}

/** A store that lives as long as the process. */
export function memoryStore(dimension: number): VectorStore {
  const keys: string[] = [];
  let data = new Float32Array(0);
  return {
    keys: () => [...keys],
    append: (added, rows) => {
      const used = keys.length * dimension;
      if (used + rows.length > data.length) {
        const grown = new Float32Array(Math.max(2 * data.length, used + rows.length));
        grown.set(data.subarray(0, used));
        data = grown;
      }
      data.set(rows, used);
      keys.push(...added);
    },
    read: (index, target) => target.set(data.subarray(index * dimension, (index + 1) * dimension)),
    close: () => undefined,
  };
}

/**
 * A store in a folder: `vectors.f32` holds rows, `keys.bin` their keys; both only grow. A row counts once its key is written,
 * which is after the row itself has reached the disk; whatever an interrupted write left behind is cut off when the store is
 * opened again. What the disk refuses is a UserError.
 */
export function fileStore(folder: string, dimension: number): VectorStore {
  const rowBytes = 4 * dimension;
  const vectors = openFile(folder, "vectors.f32");
  const index = openFile(folder, "keys.bin");
  let count = Math.min(wholeRecords(vectors, rowBytes), wholeRecords(index, KEY_BYTES));
  ftruncateSync(vectors, count * rowBytes);
  ftruncateSync(index, count * KEY_BYTES);
  return {
    keys: () => readKeys(index, count),
    append: (keys, rows) => {
      invariant(rows.length === keys.length * dimension, "a row of vectors for each key");
      writeAll(vectors, bytesOf(rows), join(folder, "vectors.f32"));
      fdatasyncSync(vectors);
      writeAll(index, Buffer.from(keys.join(""), "latin1"), join(folder, "keys.bin"));
      count += keys.length;
    },
    read: (row, target) => {
      const read = readSync(vectors, bytesOf(target), 0, rowBytes, row * rowBytes);
      invariant(read === rowBytes, `row ${row} of the vectors in ${folder} is not there`);
    },
    close: () => {
      closeSync(vectors);
      closeSync(index);
    },
  };
}

function openFile(folder: string, name: string): number {
  try {
    mkdirSync(folder, { recursive: true });
    return openSync(join(folder, name), "a+");
  } catch (cause) {
    throw fileError(cause, join(folder, name));
  }
}

function wholeRecords(descriptor: number, bytes: number): number {
  return Math.floor(fstatSync(descriptor).size / bytes);
}

function readKeys(descriptor: number, count: number): string[] {
  const bytes = Buffer.alloc(count * KEY_BYTES);
  readSync(descriptor, bytes, 0, bytes.length, 0);
  return Array.from({ length: count }, (_, i) =>
    bytes.toString("latin1", i * KEY_BYTES, (i + 1) * KEY_BYTES),
  );
}

/** Appends all bytes; a disk that fills up takes only a part of them and fails at the next. */
function writeAll(descriptor: number, bytes: Uint8Array, file: string): void {
  try {
    for (let start = 0; start < bytes.length; ) {
      start += writeSync(descriptor, bytes, start, bytes.length - start);
    }
  } catch (cause) {
    throw fileError(cause, file);
  }
}

function bytesOf(numbers: Float32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}
