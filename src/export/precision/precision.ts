import type { WeightType } from "../../encoder/weight-type.js";
import type { ModelProto } from "../../onnx/model.js";
import { halfPrecision } from "./half-precision.js";
import { quantize } from "./quantize.js";
import { hasIntegerDotProduct } from "./vnni.js";

/** The formats that are made of a float32 model. */
export type Precision = Exclude<WeightType, "fp32">;

/** Bits of a quantised weight: 7 where the processor's 8-bit products saturate. */
function weightBits(): 7 | 8 {
  return hasIntegerDotProduct() ? 8 : 7;
}

/** The model in that precision; inputs and outputs stay as they are. */
export function withPrecision(model: ModelProto, precision: Precision): ModelProto {
  return precision === "fp16" ? halfPrecision(model) : quantize(model, { bits: weightBits() });
}
