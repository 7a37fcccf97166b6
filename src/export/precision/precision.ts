import type { ModelProto } from "../../onnx/model.js";
import { halfPrecision } from "./half-precision.js";
import { quantize } from "./quantize.js";
import { hasIntegerDotProduct } from "./vnni.js";

/** Number formats of a model's weights: float32, float16, or 8-bit integers (transformers.js's names). */
export type Dtype = "fp32" | "fp16" | "q8";

/** The formats that are made of a float32 model. */
export type Precision = Exclude<Dtype, "fp32">;

export const DTYPES: readonly Dtype[] = ["fp32", "fp16", "q8"];

/** The file that transformers.js loads for `dtype`. */
export function precisionFile(dtype: Dtype): string {
  const files = { fp32: "model.onnx", fp16: "model_fp16.onnx", q8: "model_quantized.onnx" };
  return files[dtype];
}

/** Bits of a quantised weight: 7 where the processor's 8-bit products saturate. */
function weightBits(): 7 | 8 {
  return hasIntegerDotProduct() ? 8 : 7;
}

/** The model in that precision; inputs and outputs stay as they are. */
export function withPrecision(model: ModelProto, precision: Precision): ModelProto {
  return precision === "fp16" ? halfPrecision(model) : quantize(model, { bits: weightBits() });
}
