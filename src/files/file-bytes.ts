import { closeSync, openSync, readSync } from "node:fs";
import { fileError } from "./files.js";

/** Does what is to be done with an open file, and closes it. UserErrors as `fileError`. */
export function withFile<T>(file: string, work: (descriptor: number) => T): T {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    return work(descriptor);
  } catch (error) {
    throw fileError(error, file);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Bytes from `offset`; fewer where the file ends. */
export function readBytes(descriptor: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const read = readSync(descriptor, bytes, done, length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
