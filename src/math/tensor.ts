import { internal } from "../errors/internal.js";

/** Element types of tensors, by ONNX's names in lower case. */
export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "int64"
  | "int32"
  | "int8"
  | "uint8"
  | "bool";

/** float16 is held as its 16 bits (Uint16Array), bool as 0/1 bytes (Uint8Array). */
export type TensorData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int8Array
  | Uint8Array;

/** A dense row-major array of known shape. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Row-major rows × cols float32 numbers: the form in which embeddings travel. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** A float32 tensor from numbers (copied) or a Float32Array (kept). */
export function float32(shape: readonly number[], data: Float32Array | readonly number[]): Tensor {
  return checked({
    dtype: "float32",
    shape,
    data: data instanceof Float32Array ? data : Float32Array.from(data),
  });
}

/** A float64 tensor from numbers (copied) or a Float64Array (kept). */
export function float64(shape: readonly number[], data: Float64Array | readonly number[]): Tensor {
  return checked({
    dtype: "float64",
    shape,
    data: data instanceof Float64Array ? data : Float64Array.from(data),
  });
}

/** An int64 tensor from whole numbers (copied) or a BigInt64Array (kept). */
export function int64(shape: readonly number[], data: BigInt64Array | readonly number[]): Tensor {
  const values = data instanceof BigInt64Array ? data : BigInt64Array.from(data, (x) => BigInt(x));
  return checked({ dtype: "int64", shape, data: values });
}

/** A bool tensor from truth values. */
export function bool(shape: readonly number[], data: readonly boolean[]): Tensor {
  return checked({ dtype: "bool", shape, data: Uint8Array.from(data, (x) => (x ? 1 : 0)) });
}

/** The matrix as a float32 tensor over the same memory. */
export function matrixTensor(matrix: Matrix): Tensor {
  return { dtype: "float32", shape: [matrix.rows, matrix.cols], data: matrix.data };
}

/** The transpose of a float32 matrix, copied: [rows, cols] → [cols, rows]. */
export function transposed(matrix: Tensor): Tensor {
  const [rows = 0, cols = 0] = matrix.shape;
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) data[j * rows + i] = matrix.data[i * cols + j] as number;
  }
  return float32([cols, rows], data);
}

function checked(tensor: Tensor): Tensor {
  if (sizeOf(tensor.shape) !== tensor.data.length) {
    internal(`tensor of shape [${tensor.shape}] cannot hold ${tensor.data.length} values`);
  }
  return tensor;
}
