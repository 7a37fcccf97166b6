import { contentsOf } from "../../graph/inference/call.js";
import type { Value } from "../../graph/ir.js";
import {
  add,
  cast,
  div,
  equal,
  greaterOrEqual,
  lessOrEqual,
  log,
  mul,
  neg,
  pow,
  scalarLike,
  sign,
  sub,
  where,
} from "../../graph/ops/index.js";
import { optionalInput, type Rule, type Rules, unary } from "../rule.js";

/** y = x^p: ∂x = g·p·x^(p−1), ∂p = g·y·log x. The exponent may have another type than the base. */
const power: Rule = ({ b, gradient: g, inputs: [x, exponent], outputs: [y] }) => {
  const p = (): Value => cast(b, exponent, x.dtype);
  const isSquare = contentsOf(b.graph, exponent)?.every((value) => value === 2) ?? false;
  const lowered = (): Value => (isSquare ? x : pow(b, x, sub(b, p(), scalarLike(b, 1, x))));
  return [
    () => mul(b, g, mul(b, p(), lowered())),
    () => cast(b, mul(b, g, mul(b, y, log(b, x))), exponent.dtype),
  ];
};

/**
 * Min and Max of any number of inputs: the gradient goes to the input that was chosen; inputs that tie share
 * it equally, as in PyTorch's `minimum` and `maximum`.
 */
const extremum: Rule = ({ b, gradient: g, inputs, outputs: [y] }) => {
  if (inputs.length === 1) return [() => g];
  const chosen = (x: Value): Value => cast(b, equal(b, x, y), g.dtype);
  const ties = (): Value => inputs.map(chosen).reduce((sum, mask) => add(b, sum, mask));
  return inputs.map((x) => () => mul(b, div(b, g, ties()), chosen(x)));
};

/**
 * y = min(max(x, low), high): the gradient passes where low ≤ x ≤ high, bounds included, as in PyTorch's
 * `clamp`; a bound that is a parameter gets it where it is active.
 */
const clip: Rule = (context) => {
  const { b, gradient: g } = context;
  const x = context.inputs[0];
  const zero = scalarLike(b, 0, x);
  const [low, high] = [optionalInput(context, 1), optionalInput(context, 2)];
  const inside = (): Value => {
    const raised = low === undefined ? g : where(b, greaterOrEqual(b, x, low), g, zero);
    return high === undefined ? raised : where(b, lessOrEqual(b, x, high), raised, zero);
  };
  return [
    inside,
    low === undefined ? null : () => where(b, greaterOrEqual(b, x, low), zero, g),
    high === undefined ? null : () => where(b, lessOrEqual(b, x, high), zero, g),
  ];
};

/** y = x₁ if c else x₂: each branch gets the gradient where it was taken. */
const choice: Rule = ({ b, gradient: g, inputs: [condition] }) => {
  const zero = scalarLike(b, 0, g);
  return [null, () => where(b, condition, g, zero), () => where(b, condition, zero, g)];
};

/** y = x − d·trunc(x/d) (`fmod`): slope 1 in x and −trunc(x/d) = (y − x)/d in d; 0 at the jumps. */
const remainder: Rule = ({ b, gradient: g, inputs: [x, divisor], outputs: [y] }) => [
  () => g,
  () => mul(b, g, div(b, sub(b, y, x), divisor)),
];

/** Elementwise arithmetic with broadcasting. No point is special: √ at 0 gives ∞, x/0 what division gives. */
export const arithmeticRules: Rules = {
  Add: ({ gradient: g }) => [() => g, () => g],
  Sub: ({ b, gradient: g }) => [() => g, () => neg(b, g)],
  Mul: ({ b, gradient: g, inputs: [x, y] }) => [() => mul(b, g, y), () => mul(b, g, x)],
  Div: ({ b, gradient: g, inputs: [, divisor], outputs: [y] }) => [
    () => div(b, g, divisor),
    // The sign goes to the divisor, which is often the smaller one.
    () => div(b, mul(b, g, y), neg(b, divisor)),
  ],
  Mod: remainder,
  Pow: power,
  Min: extremum,
  Max: extremum,
  Clip: clip,
  Where: choice,
  Neg: unary((b, g) => neg(b, g)),
  Reciprocal: unary((b, g, { y }) => neg(b, mul(b, g, mul(b, y, y)))),
  Sqrt: unary((b, g, { y }) => div(b, mul(b, g, scalarLike(b, 0.5, g)), y)),
  Exp: unary((b, g, { y }) => mul(b, g, y)),
  Log: unary((b, g, { x }) => div(b, g, x)),
  // |x| has slope 0 at 0.
  Abs: unary((b, g, { x }) => mul(b, g, sign(b, x))),
  Sin: unary((b, g, { x }) => mul(b, g, b.op("Cos", [x]))),
  Cos: unary((b, g, { x }) => neg(b, mul(b, g, b.op("Sin", [x])))),
};
