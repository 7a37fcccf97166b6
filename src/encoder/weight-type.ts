import type { AnyOption } from "../options/option.js";

/** Number formats of a model's weights: float32, float16, or 8-bit integers (transformers.js's names). */
export type WeightType = "fp32" | "fp16" | "q8";

const files: Readonly<Record<WeightType, string>> = {
  fp32: "model.onnx",
  fp16: "model_fp16.onnx",
  q8: "model_quantized.onnx",
};

/** The file in onnx/ that holds such weights, as transformers.js names it. */
export function onnxFile(type: WeightType): string {
  return files[type];
}

/** An option that names a number format, by either of its names. */
export const weightOption = {
  type: "choice",
  choices: ["fp32", "fp16", "q8"],
  synonyms: { float32: "fp32", float16: "fp16", int8: "q8" },
  default: "fp32",
  placeholder: "type",
  description: "number format of weights",
} as const satisfies AnyOption;
