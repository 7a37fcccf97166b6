import { UserError } from "../../errors/user-error.js";
import { halfToNumber } from "../../math/float16.js";
import type { Matrix } from "../../math/tensor.js";

/** "\x93NUMPY" */
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * The matrix in the bytes of a NumPy .npy file (versions 1 to 3): a C-ordered array [rows, cols] of little-endian float16, float32 or
 * float64 (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Anything else is a UserError `bad-npy` that names
 * `file`.
 */
export function decodeNpy(bytes: Uint8Array, file: string): Matrix {
  const { dictionary, start } = header(bytes, file);
  const type = /'descr':\s*'([^']*)'/.exec(dictionary)?.[1] ?? "";
  const shape = /'shape':\s*\((\d+),\s*(\d+)\)/.exec(dictionary);
  if (shape === null) throw badNpy(file, "must be a matrix of [rows, columns]");
  if (/'fortran_order':\s*True/.test(dictionary)) throw badNpy(file, "must be in C order");
  const [rows, cols] = [Number(shape[1]), Number(shape[2])];
  const read = readers[type];
  if (read === undefined)
    throw badNpy(file, `must hold ${Object.keys(readers).join(", ")} numbers, got "${type}"`);
  const expected = rows * cols * read.bytes;
  if (bytes.length - start !== expected)
    throw badNpy(file, `must hold ${expected} bytes of numbers, got ${bytes.length - start}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, expected);
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < data.length; i++) data[i] = read.at(view, i * read.bytes);
  return { rows, cols, data };
}

const readers: Readonly<
  Record<
    string,
    { readonly bytes: number; readonly at: (view: DataView, offset: number) => number }
  >
> = {
  "<f2": { bytes: 2, at: (view, offset) => halfToNumber(view.getUint16(offset, true)) },
  "<f4": { bytes: 4, at: (view, offset) => view.getFloat32(offset, true) },
  "<f8": { bytes: 8, at: (view, offset) => view.getFloat64(offset, true) },
};

function header(bytes: Uint8Array, file: string): { dictionary: string; start: number } {
  if (bytes.length < 12 || MAGIC.some((byte, i) => bytes[i] !== byte))
    throw badNpy(file, "is not a .npy file");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = (bytes[6] ?? 1) > 1;
  const start = long ? 12 + view.getUint32(8, true) : 10 + view.getUint16(8, true);
  const dictionary = new TextDecoder().decode(bytes.subarray(long ? 12 : 10, start));
  return { dictionary, start };
}

function badNpy(file: string, what: string): UserError {
  return new UserError("bad-npy", what, {
    at: { file },
    hint: "write it with embtune embed --out FILE.npy, or numpy.save",
  });
}
