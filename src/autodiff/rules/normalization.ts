import { intOf } from "../../graph/attributes.js";
import type { Value } from "../../graph/ir.js";
import { cast, exp, mul, reduceMean, reduceSum, sub } from "../../graph/ops/index.js";
import type { Rule, Rules } from "../rule.js";
import { fromFront } from "../shapes.js";

/** y = softmax(x): ∂x = y ⊙ (g − Σ g⊙y), from the output alone. */
const softmax: Rule = ({ b, node, gradient: g, outputs: [y] }) => {
  const axes = [intOf(node, "axis", -1)];
  const inner = (): Value => reduceSum(b, mul(b, g, y!), { axes, keepDims: true });
  return [() => mul(b, y!, sub(b, g, inner()))];
};

/** y = log softmax(x): ∂x = g − e^y Σ g. */
const logSoftmax: Rule = ({ b, node, gradient: g, outputs: [y] }) => {
  const axes = [intOf(node, "axis", -1)];
  return [() => sub(b, g, mul(b, exp(b, y!), reduceSum(b, g, { axes, keepDims: true })))];
};

/**
 * y = γ ⊙ x̂ + β with x̂ = (x − mean) · r, r = 1/√(variance + ε), over the axes from `axis` to the last
 * (Ba 2016): with u = g ⊙ γ
 *   ∂x = r · (u − mean(u) − x̂ ⊙ mean(u ⊙ x̂)),  ∂γ = Σ g ⊙ x̂,  ∂β = Σ g.
 * Mean and r are further outputs of the forward node, which is asked for them.
 */
const layerNormalization: Rule = ({ b, node, gradient: g, inputs, withOutputs }) => {
  const [x, gamma] = [inputs[0]!, inputs[1]!];
  const axes = x.shape.map((_, i) => i).slice(fromFront(intOf(node, "axis", -1), x.shape.length));
  const mean = (value: Value): Value => reduceMean(b, value, { axes, keepDims: true });
  const [, center, inverse] = withOutputs(3).map((value) => cast(b, value, x.dtype));
  const normalized = mul(b, sub(b, x, center!), inverse!);
  return [
    () => {
      const u = mul(b, g, gamma);
      const along = mul(b, normalized, mean(mul(b, u, normalized)));
      return mul(b, inverse!, sub(b, sub(b, u, mean(u)), along));
    },
    () => mul(b, g, normalized),
    () => g,
  ];
};

/** Normalisations along axes. */
export const normalizationRules: Rules = {
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  LayerNormalization: layerNormalization,
};
