import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { encodeSafetensors } from "../math/safetensors.js";
import type { Tensor } from "../math/tensor.js";
import { reportWait } from "./progress.js";

/**
 * Writes a safetensors file piece by piece from where the tensors lie, without a copy of them, and synchronises it with the disk.
 * Returns its SHA-256, hex, taken from the memory that is written while the disk is at work, so that it costs next to nothing.
 * Throws what the disk says.
 */
export async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<string> {
  const chunks = encodeSafetensors({ tensors, metadata: { format: "pt" } });
  const size = chunks.reduce((sum, { length }) => sum + length, 0);
  const report = reportWait(`writing ${basename(path)}`, "bytes", size);
  const file = await open(path, "w");
  try {
    for (const chunk of chunks) {
      await writeAll(file, chunk);
      report.add(chunk.length);
    }
    const [hash] = await Promise.all([hashOf(chunks), file.datasync()]);
    return hash;
  } finally {
    report.end();
    await file.close();
  }
}

/** A disk that fills up takes only a part of a chunk and fails at the next. */
async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, done);
    done += bytesWritten;
  }
}

async function hashOf(chunks: readonly Uint8Array[]): Promise<string> {
  const hash = createHash("sha256");
  // The synchronisation begins in another thread before this one is busy.
  await new Promise((resolve) => setImmediate(resolve));
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}
