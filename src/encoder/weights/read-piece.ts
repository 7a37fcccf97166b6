import { UserError } from "../../errors/user-error.js";
import { readStored, type StoredTensor } from "../../files/safetensors-file.js";
import { float16ToFloat32 } from "../../math/float16.js";
import { float32, type Tensor, transposed } from "../../math/tensor.js";
import type { Piece } from "../architectures/declare.js";

/** Bytes of an element of the types that weights come in. */
const WIDTHS: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };

/** UserError `weight-type` for elements that are no float32, float16 or bfloat16. */
export function requireFloats(name: string, tensor: StoredTensor): void {
  if (WIDTHS[tensor.type] !== undefined) return;
  throw new UserError(
    "weight-type",
    `tensor "${name}" has elements of type ${tensor.type}, expected F32, F16 or BF16`,
    {
      at: { file: tensor.file },
      hint: "quantised weights cannot be used; take the model in full or half precision",
    },
  );
}

/** Reads a weight of the graph from its parameter, in float32: no more than this one tensor is held twice. */
export function readPiece(
  stored: StoredTensor,
  { rows, shape, transposed: turned }: Piece,
): Tensor {
  const [height, width = 1] = stored.shape as [number, number?];
  const [from, to] = rows ?? [0, height];
  const bytes = width * WIDTHS[stored.type];
  const read = readStored(stored, from * bytes, (to - from) * bytes);
  const data = toFloat32(stored.type, read);
  return turned ? transposed(float32(shape.toReversed(), data)) : float32(shape, data);
}

/** A whole stored tensor in float32, as it is. */
export function readWhole(stored: StoredTensor): Tensor {
  const bytes = readStored(stored, 0, stored.length);
  return float32(stored.shape, toFloat32(stored.type, bytes));
}

/** Elements of a stored type as float32, exactly. */
export function toFloat32(type: string, bytes: Uint8Array): Float32Array {
  if (type === "F32") return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  if (type === "F16") return float16ToFloat32(halves);
  // A bfloat16 is the upper half of a float32.
  const words = Uint32Array.from(halves, (bits) => bits << 16);
  return new Float32Array(words.buffer);
}
