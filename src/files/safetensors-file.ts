import { fstatSync } from "node:fs";
import { UserError } from "../errors/user-error.js";
import { type SafetensorsEntry, safetensorsEntries } from "../math/safetensors.js";
import { readBytes, withFile } from "./file-bytes.js";

/** A tensor that lies in a safetensors file and has not been read. */
export interface StoredTensor {
  readonly file: string;
  /** Element type as the file writes it: F32, F16, BF16, … */
  readonly type: string;
  readonly shape: readonly number[];
  /** Of its first byte in the file. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
}

/** How files of weights begin that hold Python objects: a zip archive, or a bare pickle of protocol 2 to 5. */
const PICKLES: readonly (readonly number[])[] = [
  [0x50, 0x4b, 0x03, 0x04],
  [0x80, 0x02],
  [0x80, 0x03],
  [0x80, 0x04],
  [0x80, 0x05],
];

/**
 * What a safetensors file holds, by its header alone. UserErrors: `bad-safetensors` for a damaged file, `pickle` for a file of
 * Python objects under that name, and those of `fileError`.
 */
export function storedTensors(file: string): Map<string, StoredTensor> {
  return withFile(file, (descriptor) => {
    const { size } = fstatSync(descriptor);
    const start = readBytes(descriptor, 0, Math.min(8, size));
    if (PICKLES.some((magic) => magic.every((byte, i) => start[i] === byte))) throw pickle(file);
    const length = start.length < 8 ? 0 : Number(new DataView(start.buffer).getBigUint64(0, true));
    const whole = readBytes(descriptor, 0, Math.min(size, 8 + Math.min(length, size)));
    const { entries, start: body } = safetensorsEntries(whole, { path: file, fileSize: size });
    const stored = [...entries].map(
      ([name, entry]) => [name, storedAt(file, entry, body)] as const,
    );
    return new Map(stored);
  });
}

function storedAt(file: string, entry: SafetensorsEntry, body: number): StoredTensor {
  const [from, to] = entry.data_offsets;
  return { file, type: entry.dtype, shape: entry.shape, offset: body + from, length: to - from };
}

/** The bytes of a part of a stored tensor. */
export function readStored(tensor: StoredTensor, from: number, length: number): Uint8Array {
  return withFile(tensor.file, (descriptor) => readBytes(descriptor, tensor.offset + from, length));
}

function pickle(file: string): UserError {
  return new UserError("pickle", "holds pickled Python objects, not safetensors", {
    at: { file },
    hint: "pickles can run any code and are never read; save the model with safe_serialization=True",
  });
}
