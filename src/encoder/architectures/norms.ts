import type { Value } from "../../graph/ir.js";
import {
  add,
  layerNormalization,
  mul,
  pow,
  reciprocal,
  reduceMean,
  scalarLike,
  sqrt,
} from "../../graph/ops/index.js";
import type { Blueprint } from "./declare.js";

/** What is added to the variance, and whether there is a shift. */
interface NormForm {
  readonly epsilon: number;
  /** Default true. */
  readonly bias?: boolean | undefined;
}

/** (x − mean) / √(variance + ε) · γ + β over the last axis (Ba 2016): parameters `module.weight` and `module.bias`. */
export function layerNorm(
  { b, weights }: Blueprint,
  module: string,
  x: Value,
  { epsilon, bias = true }: NormForm,
): Value {
  const size = Number(x.shape.at(-1));
  const scale = weights.vector(`${module}.weight`, size);
  if (!bias) return layerNormalization(b, x, { scale, epsilon });
  return layerNormalization(b, x, { scale, bias: weights.vector(`${module}.bias`, size), epsilon });
}

/** x / √(mean x² + ε) · γ over the last axis (Zhang & Sennrich 2019). With `around: "one"` the factor is 1 + γ, as Gemma has it. */
export function rmsNorm(
  { b, weights }: Blueprint,
  module: string,
  x: Value,
  { epsilon, around = "zero" }: { readonly epsilon: number; readonly around?: "zero" | "one" },
): Value {
  const scale = weights.vector(`${module}.weight`, Number(x.shape.at(-1)));
  const squares = reduceMean(b, pow(b, x, scalarLike(b, 2, x)), { axes: [-1], keepDims: true });
  const root = sqrt(b, add(b, squares, scalarLike(b, epsilon, x)));
  const normal = mul(b, x, reciprocal(b, root));
  const scaled = mul(b, normal, scale);
  // y + y·γ and not y·(1 + γ): so γ is read by what has the shape of tokens, as every weight is.
  return around === "one" ? add(b, normal, scaled) : scaled;
}
