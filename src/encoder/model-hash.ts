import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { fileError, sha256File } from "../files/files.js";

const known = new Map<string, Promise<string>>();

/** SHA-256 of a file as it is now, hex. Computed once in a process for each path, size and time of change. */
export async function fileHash(path: string): Promise<string> {
  const key = await stateOf(path);
  const hash = known.get(key) ?? sha256File(path);
  known.set(key, hash);
  return hash;
}

async function stateOf(path: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(path);
    return `${resolve(path)}\0${size}\0${mtimeMs}`;
  } catch (error) {
    throw fileError(error, path);
  }
}

/** SHA-256 over the contents of files, in this order, and over settings. */
export async function modelHash(files: readonly string[], settings: unknown): Promise<string> {
  const hashes = await Promise.all(files.map(fileHash));
  return createHash("sha256")
    .update(JSON.stringify([...hashes, settings]))
    .digest("hex");
}
