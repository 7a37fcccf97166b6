import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { dirname, join, posix, sep } from "node:path";
import type { TensorProto } from "onnx-buf";
import { UserError } from "../errors/user-error.js";
import { requireReadable } from "../files/usable-path.js";

/**
 * Reads `length` bytes from `offset` of a file beside the model. `location` is relative and stays inside the
 * model's folder: that is checked before the reader is called.
 */
export type ExternalReader = (location: string, offset: number, length: number) => Uint8Array;

/** Bytes of a tensor that is stored outside the model file; `length` is what its shape demands. */
export function readExternal(
  proto: TensorProto,
  length: number,
  reader: ExternalReader | undefined,
): Uint8Array {
  const entries = new Map(proto.externalData.map((e) => [e.key, e.value]));
  const location = safeLocation(proto, entries.get("location") ?? "");
  const offset = Number(entries.get("offset") ?? 0);
  const stated = Number(entries.get("length") ?? length);
  if (!Number.isSafeInteger(offset) || offset < 0 || stated !== length) {
    const got = `offset ${entries.get("offset") ?? 0}, length ${entries.get("length")}`;
    throw bad(proto, `has external data at ${got}, but its shape needs ${length} bytes`);
  }
  if (reader === undefined) throw bad(proto, `is stored outside the model, in "${location}"`);
  const bytes = reader(location, offset, length);
  if (bytes.length !== length) {
    throw bad(proto, `needs ${length} bytes at ${offset} of "${location}", got ${bytes.length}`);
  }
  return bytes;
}

function safeLocation(proto: TensorProto, location: string): string {
  const path = posix.normalize(location.replaceAll("\\", "/"));
  const outside = path === ".." || path.startsWith("../") || path.startsWith("/");
  if (location === "" || outside || /^[A-Za-z]:/.test(path)) {
    throw bad(proto, `points outside the model folder: "${location}"`);
  }
  return path;
}

function bad(proto: TensorProto, problem: string): UserError {
  return new UserError("bad-external-data", `tensor "${proto.name}" ${problem}`);
}

/**
 * A reader of external data in a folder. A missing file is a UserError, and so is a link that leads out of the folder, save to where
 * `modelFile` itself is a link to: the cache of the Hugging Face hub keeps the files of a model in one place and links to them.
 */
export function folderReader(folder: string, modelFile?: string): ExternalReader {
  return (location, offset, length) => {
    const file = join(folder, location);
    requireReadable(file);
    const descriptor = open(file);
    const beside = modelFile === undefined ? [] : [dirname(realpathSync(modelFile))];
    try {
      requireInside(file, [folder, ...beside]);
      const available = Math.max(0, Math.min(length, fstatSync(descriptor).size - offset));
      const bytes = new Uint8Array(available);
      let done = 0;
      while (done < available) {
        const read = readSync(descriptor, bytes, done, available - done, offset + done);
        if (read === 0) break;
        done += read;
      }
      return bytes.subarray(0, done);
    } finally {
      closeSync(descriptor);
    }
  };
}

function requireInside(file: string, folders: readonly string[]): void {
  const real = realpathSync(file);
  if (folders.some((folder) => real.startsWith(realpathSync(folder) + sep))) return;
  throw new UserError("bad-external-data", `the model's data file is a link to "${real}"`, {
    at: { file },
    hint: "data files must lie in the model's folder: copy the file there",
  });
}

function open(file: string): number {
  try {
    return openSync(file, "r");
  } catch (cause) {
    throw new UserError("missing-external-data", "the model's external data cannot be read", {
      at: { file },
      hint: "copy the data file of the model into the same folder",
      cause,
    });
  }
}
