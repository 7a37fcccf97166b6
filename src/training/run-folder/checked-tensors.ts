import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../errors/user-error.js";
import { fileError } from "../../files/files.js";
import { requireReadable } from "../../files/usable-path.js";
import { decodeSafetensors } from "../../math/safetensors.js";
import type { Tensor } from "../../math/tensor.js";
import { damaged, type Hashes } from "./run-state.js";

/**
 * The tensors of a safetensors file of a folder, once it is certain that the file is the one that was written. `hashes` are those
 * of the folder's files; undefined where none were kept. What is missing or damaged is a UserError.
 */
export function readTensors(
  folder: string,
  name: string,
  hashes: Hashes | undefined,
): Map<string, Tensor> {
  return new Map(decodeSafetensors(readChecked(folder, name, hashes), join(folder, name)).tensors);
}

/** The bytes of a file of a folder, checked as in `readTensors`. */
export function readChecked(folder: string, name: string, hashes: Hashes | undefined): Uint8Array {
  const path = join(folder, name);
  if (!existsSync(path)) throw missing(path);
  const bytes = read(path);
  if (hashes === undefined) return bytes;
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (hashes[name] !== hash) throw damaged(path, "its content does not fit its SHA-256");
  return bytes;
}

function read(path: string): Uint8Array {
  requireReadable(path);
  try {
    return readFileSync(path);
  } catch (error) {
    throw fileError(error, path);
  }
}

function missing(path: string): UserError {
  return new UserError("missing-checkpoint-file", "the checkpoint is incomplete: no such file", {
    at: { file: path },
    hint: "resume from an older checkpoint by removing this folder",
  });
}
