import type { GraphBuilder } from "../../graph/builder.js";
import { int, type Value } from "../../graph/ir.js";
import { cast, div, equal, mul, scalarLike } from "../../graph/ops/index.js";
import { sizeOf } from "../../math/tensor.js";
import { optionalInput, type Rule, type RuleContext, type Rules } from "../rule.js";
import { broadcastLike, isStatic } from "../shapes.js";

/** A reduction at the moment of its backward pass: y and g have the reduced axes as 1, so that they broadcast against x. */
interface Reduction {
  readonly b: GraphBuilder;
  readonly x: Value;
  readonly y: Value;
  readonly g: Value;
  readonly context: RuleContext;
}

/** The rule of a reduction. Its gradient may be left with the reduced axes as 1: it is broadcast to x. */
const reduction =
  (derivative: (r: Reduction) => Value): Rule =>
  (context) => [
    () => {
      const { b, gradient, inputs, outputs } = context;
      const x = inputs[0];
      const kept = (value: Value): Value => keepReducedAxes(context, value);
      const r = { b, x, y: kept(outputs[0]), g: kept(gradient), context };
      return broadcastLike(b, derivative(r), x);
    },
    null,
  ];

/** The value with the axes that the node removed put back as 1. Reduced over everything, a scalar broadcasts as it is. */
function keepReducedAxes(context: RuleContext, value: Value): Value {
  const { b, inputs } = context;
  const axes = optionalInput(context, 1);
  if (axes === undefined || value.shape.length === inputs[0].shape.length) return value;
  return b.op("Unsqueeze", [value, axes]);
}

/** How many elements of x went into one of y: a number, or computed when the graph runs. */
function reducedCount({ b, x, y, g }: Reduction): Value {
  const lead = x.shape.length - y.shape.length;
  const dims = x.shape.filter((dim, i) => dim !== y.shape[i - lead]);
  if (isStatic(dims)) return scalarLike(b, sizeOf(dims), g);
  const size = (value: Value): Value => cast(b, b.op("Size", [value]), g.dtype);
  return div(b, size(x), size(y));
}

/** Elements that tie for the maximum or minimum share the gradient equally, as in PyTorch's `amax` and `amin`. */
const extreme = reduction(({ b, x, y, g, context }) => {
  const chosen = cast(b, equal(b, x, y), g.dtype);
  const axes = optionalInput(context, 1);
  const ties = b.op("ReduceSum", axes === undefined ? [chosen] : [chosen, axes], {
    attributes: { ...context.node.attributes, keepdims: int(1) },
  });
  return mul(b, chosen, div(b, g, ties));
});

/** Reductions over axes. The norm ‖x‖ has no special slope at 0. */
export const reductionRules: Rules = {
  ReduceSum: reduction(({ g }) => g),
  ReduceMean: reduction((r) => div(r.b, r.g, reducedCount(r))),
  ReduceMax: extreme,
  ReduceMin: extreme,
  ReduceProd: reduction(({ b, x, y, g }) => div(b, mul(b, g, y), x)),
  ReduceL2: reduction(({ b, x, y, g }) => mul(b, div(b, g, y), x)),
  ReduceSumSquare: reduction(({ b, x, g }) => mul(b, mul(b, g, scalarLike(b, 2, g)), x)),
};
