import { stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { add, gather, reduceSum, slice, sub } from "../../graph/ops/index.js";
import { optionalInput, type Rule, type RuleContext, type Rules, unsupported } from "../rule.js";
import { fromFront, shapeVector } from "../shapes.js";
import { addBack, knownNumbers, padBack, positionOf } from "./placement.js";

/** Where a slice with steps of 1 and known bounds begins on each axis; undefined for other slices. */
function windowBegin(context: RuleContext): number[] | undefined {
  const x = context.inputs[0];
  const starts = knownNumbers(context, 1);
  const axes = optionalInput(context, 3) ? knownNumbers(context, 3) : x.shape.map((_, i) => i);
  const steps = optionalInput(context, 4) ? knownNumbers(context, 4) : [];
  if (!starts || !axes || !steps || steps.some((step) => step !== 1)) return undefined;
  const begin = x.shape.map(() => 0);
  for (const [i, axis] of axes.entries()) {
    const first = positionOf(starts[i], x, fromFront(axis, x.shape.length));
    if (first === undefined) return undefined;
    begin[fromFront(axis, x.shape.length)] = first;
  }
  return begin;
}

/** x[…, start:end:step, …]: zeros around the gradient, or the general form. */
const sliced: Rule = (context) => {
  const { b, gradient: g, inputs } = context;
  const back = (): Value => {
    const begin = windowBegin(context);
    return begin === undefined ? addBack(context) : padBack(b, g, { x: inputs[0], begin });
  };
  return [back, ...inputs.slice(1).map(() => null)];
};

/** The window of g that x filled before it was padded by `pads`. */
function cutOut(
  b: GraphBuilder,
  g: Value,
  at: { x: Value; pads: Value; axes?: Value | undefined },
): Value {
  const dims = shapeVector(b, at.x);
  const sizes = at.axes === undefined ? dims : gather(b, dims, at.axes);
  const starts = slice(b, at.pads, { axis: 0, start: 0, end: Number(at.pads.shape[0]) / 2 });
  const axes = at.axes === undefined ? [] : [at.axes];
  return b.op("Slice", [g, starts, add(b, starts, sizes), ...axes]);
}

/** x among constant values: its window of the gradient; a value that is a parameter gets what lies outside. */
const padded: Rule = (context) => {
  const { b, node, gradient: g, inputs } = context;
  if (stringOf(node, "mode", "constant") !== "constant") return [() => addBack(context), null];
  if (knownNumbers(context, 1)?.some((pad) => pad < 0)) unsupported(node, "negative pads");
  const axes = optionalInput(context, 3);
  const at = { x: inputs[0], pads: inputs[1], axes };
  const window = (): Value => cutOut(b, g, at);
  return [window, null, () => sub(b, reduceSum(b, g), reduceSum(b, window())), null];
};

/** Operators that cut a window out of a tensor or put one around it. */
export const windowRules: Rules = { Slice: sliced, Pad: padded };
