import { intOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import {
  cast,
  div,
  exp,
  matmul,
  mul,
  reduceMean,
  reduceSum,
  reshape,
  scalarLike,
  sub,
} from "../../graph/ops/index.js";
import type { Rule, Rules } from "../rule.js";
import { fromFront } from "../shapes.js";

/** y = softmax(x): ∂x = y ⊙ (g − Σ g⊙y), from the output alone. */
const softmax: Rule = ({ b, node, gradient: g, outputs: [y] }) => {
  const axes = [intOf(node, "axis", -1)];
  const inner = (): Value => reduceSum(b, mul(b, g, y), { axes, keepDims: true });
  return [() => mul(b, y, sub(b, g, inner()))];
};

/** y = log softmax(x): ∂x = g − e^y Σ g. */
const logSoftmax: Rule = ({ b, node, gradient: g, outputs: [y] }) => {
  const axes = [intOf(node, "axis", -1)];
  return [() => sub(b, g, mul(b, exp(b, y), reduceSum(b, g, { axes, keepDims: true })))];
};

/**
 * y = γ ⊙ x̂ + β with x̂ = (x − mean) · r, r = 1/√(variance + ε), over the axes from `axis` to the last
 * (Ba 2016): with u = g ⊙ γ
 *   ∂x = r · (u − mean(u) − x̂ ⊙ mean(u ⊙ x̂)),  ∂γ = Σ g ⊙ x̂,  ∂β = Σ g.
 * Mean and r are further outputs of the forward node, which is asked for them. Over one axis of H elements the means are
 * products with the column γ/H: mean(u) = g·γ/H and mean(u ⊙ x̂) = (g ⊙ x̂)·γ/H, of which g ⊙ x̂ serves ∂γ as well.
 */
const layerNormalization: Rule = ({ b, node, gradient: g, inputs, withOutputs }) => {
  const [x, gamma] = [inputs[0], inputs[1]];
  const axes = x.shape.map((_, i) => i).slice(fromFront(intOf(node, "axis", -1), x.shape.length));
  const [, center, inverse] = withOutputs(3).map((value) => cast(b, value, x.dtype));
  const normalized = mul(b, sub(b, x, center), inverse);
  const weighted = once(() => mul(b, g, normalized));
  const mean = meanOfScaled(b, gamma, axes);
  return [
    () => {
      const along = mul(b, normalized, mean(weighted()));
      const rest = sub(b, sub(b, mul(b, g, gamma), mean(g)), along);
      return mul(b, inverse, rest);
    },
    () => weighted(),
    () => g,
  ];
};

/** v ↦ mean(v ⊙ γ) over the axes, which stay as 1. */
function meanOfScaled(
  b: GraphBuilder,
  gamma: Value,
  axes: readonly number[],
): (value: Value) => Value {
  const [size] = gamma.shape;
  if (axes.length > 1 || gamma.shape.length !== 1 || typeof size !== "number" || size === 1)
    return (value) => reduceMean(b, mul(b, value, gamma), { axes, keepDims: true });
  const scaled = once(() => div(b, gamma, scalarLike(b, size, gamma)));
  const column = once(() => reshape(b, scaled(), [size, 1]));
  return (value) => matmul(b, value, column());
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Normalisations along axes. */
export const normalizationRules: Rules = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
};
