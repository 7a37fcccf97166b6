import { stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import {
  add,
  erf,
  exp,
  greater,
  mul,
  scalarLike,
  sigmoid,
  sub,
  tanh,
  where,
} from "../../graph/ops/index.js";
import { type Rule, type Rules, unary } from "../rule.js";

/** c · x for a number c. */
const scale = (b: GraphBuilder, c: number, x: Value): Value => mul(b, x, scalarLike(b, c, x));
/** x + c for a number c. */
const shift = (b: GraphBuilder, x: Value, c: number): Value => add(b, x, scalarLike(b, c, x));
const oneMinus = (b: GraphBuilder, x: Value): Value => sub(b, scalarLike(b, 1, x), x);

/** Slope of x·Φ(x): Φ(x) + x·φ(x), with Φ(x) = ½(1 + erf(x/√2)) and φ(x) = e^(−x²/2)/√(2π). */
function geluSlope(b: GraphBuilder, x: Value): Value {
  const cdf = shift(b, scale(b, 0.5, erf(b, scale(b, Math.SQRT1_2, x))), 0.5);
  const bell = exp(b, mul(b, x, scale(b, -0.5, x)));
  return add(b, cdf, scale(b, 1 / Math.sqrt(2 * Math.PI), mul(b, x, bell)));
}

/** Slope of ½x(1 + tanh u), u = √(2/π)(x + 0.044715x³): ½(1 + t + x(1 − t²)·u′) with t = tanh u. */
function tanhGeluSlope(b: GraphBuilder, x: Value): Value {
  const c = Math.sqrt(2 / Math.PI);
  const x2 = mul(b, x, x);
  const t = tanh(b, mul(b, x, shift(b, scale(b, c * 0.044715, x2), c)));
  const du = shift(b, scale(b, 3 * c * 0.044715, x2), c);
  const bend = mul(b, mul(b, x, oneMinus(b, mul(b, t, t))), du);
  return scale(b, 0.5, shift(b, add(b, t, bend), 1));
}

const gelu: Rule = ({ b, node, gradient: g, inputs: [x] }) => {
  const slope = stringOf(node, "approximate", "none") === "tanh" ? tanhGeluSlope : geluSlope;
  return [() => mul(b, g, slope(b, x))];
};

/** erf′(x) = 2/√π · e^(−x²). */
function erfSlope(b: GraphBuilder, x: Value): Value {
  return scale(b, 2 / Math.sqrt(Math.PI), exp(b, mul(b, x, scale(b, -1, x))));
}

/** A function with its derivative given. */
const withSlope: Rule = ({ b, gradient: g, inputs: [, , slope] }) => [
  null,
  () => mul(b, g, slope),
  null,
];

/** Activation functions. Relu has slope 0 at 0, as in PyTorch. */
export const activationRules: Rules = {
  Relu: unary((b, g, { y }) =>
    where(b, greater(b, y, scalarLike(b, 0, y)), g, scalarLike(b, 0, g)),
  ),
  Tanh: unary((b, g, { y }) => mul(b, g, oneMinus(b, mul(b, y, y)))),
  Sigmoid: unary((b, g, { y }) => mul(b, g, mul(b, y, oneMinus(b, y)))),
  Softplus: unary((b, g, { x }) => mul(b, g, sigmoid(b, x))),
  Erf: unary((b, g, { x }) => mul(b, g, erfSlope(b, x))),
  Gelu: gelu,
  "embtune:WithSlope": withSlope,
};
