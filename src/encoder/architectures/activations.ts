import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { gelu, mul, relu, scalarLike, sigmoid, tanh } from "../../graph/ops/index.js";
import { type ConfigFields, unsupported } from "./config-fields.js";

/** A function applied to each number. */
export type Activation = (b: GraphBuilder, x: Value) => Value;

const exactGelu: Activation = (b, x) => gelu(b, x);
const tanhGelu: Activation = (b, x) => gelu(b, x, "tanh");
const silu: Activation = (b, x) => mul(b, x, sigmoid(b, x));

/** By the names of transformers (activations.py, ACT2FN). */
const activations: Readonly<Record<string, Activation>> = {
  gelu: exactGelu,
  gelu_python: exactGelu,
  gelu_new: tanhGelu,
  gelu_fast: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  gelu_accurate: tanhGelu,
  // Sigmoid approximation (Hendrycks & Gimpel 2016, section 2).
  quick_gelu: (b, x) => mul(b, x, sigmoid(b, mul(b, x, scalarLike(b, 1.702, x)))),
  relu,
  silu,
  swish: silu,
  swiglu: silu,
  sigmoid,
  tanh,
};

/** The activation that one of these fields of config.json names; one that is not known is a UserError. */
export function activation(
  config: ConfigFields,
  names: string | readonly string[],
  fallback: string,
): Activation {
  const name = config.text(names, fallback);
  const found = activations[name];
  if (found === undefined) throw unsupported(config.file, [names].flat()[0], name);
  return found;
}
