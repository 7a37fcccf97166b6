import type { WeightType } from "../../encoder/weight-type.js";
import type { ModelProto } from "../../onnx/model.js";
import type { ActivationRanges } from "./activation-ranges.js";
import { halfPrecision } from "./half-precision.js";
import { quantize } from "./quantize.js";

/** The formats that are made of a float32 model. */
export type Precision = Exclude<WeightType, "fp32">;

/** The ranges of a model's inputs of products; asked for when it is quantised. */
export type Calibrate = (model: ModelProto) => Promise<ActivationRanges>;

/** The model in that precision; inputs and outputs stay as they are. */
export async function withPrecision(
  model: ModelProto,
  precision: Precision,
  calibrate: Calibrate,
): Promise<ModelProto> {
  if (precision === "fp16") return halfPrecision(model);
  return quantize(model, await calibrate(model));
}
