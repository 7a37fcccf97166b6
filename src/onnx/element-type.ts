import type { DType } from "../math/tensor.js";

/** ONNX's numbers of the element types (TensorProto.DataType). */
const CODES: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
};

const DTYPES = new Map(Object.entries(CODES).map(([dtype, code]) => [code, dtype as DType]));

/** ONNX's number of bfloat16, the upper half of float32: such tensors are read as float32. */
export const BFLOAT16 = 16;

/** ONNX's number of an element type: the value of Cast's attribute `to`. */
export function elementType(dtype: DType): number {
  return CODES[dtype];
}

/** The element type of that number, or undefined where embtune has none (strings, bfloat16, float8, …). */
export function dtypeOf(code: number): DType | undefined {
  return DTYPES.get(code);
}
