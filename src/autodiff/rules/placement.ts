import type { GraphBuilder } from "../../graph/builder.js";
import { contentsOf } from "../../graph/inference/call.js";
import type { Value } from "../../graph/ir.js";
import { concat, range, reshape, scatterElements, sub, vector } from "../../graph/ops/index.js";
import type { RuleContext } from "../rule.js";
import { flatten, fromFront, isStatic, reshapeLike, shapeVector, zerosLike } from "../shapes.js";

/**
 * The gradient of any node that copies elements of its first input: the node itself, applied to the elements'
 * numbers 0, 1, …, says where each came from, and the gradient is added there. Elements that were copied
 * several times sum.
 */
export function addBack({ b, node, gradient: g, inputs }: RuleContext): Value {
  const x = inputs[0];
  const size = b.op("Size", [x]);
  const numbers = reshape(b, range(b, size), shapeVector(b, x), x.shape);
  const origin = b.op(node.op, [numbers, ...inputs.slice(1).map((v) => v ?? null)], {
    attributes: node.attributes,
    domain: node.domain,
  });
  const update = { indices: flatten(b, origin), updates: flatten(b, g) };
  const sum = scatterElements(b, flatten(b, zerosLike(b, x)), update, { reduction: "add" });
  return reshapeLike(b, sum, x);
}

/** A window of x that begins at `begin`, back in its place among zeros. */
export function padBack(
  b: GraphBuilder,
  g: Value,
  at: { x: Value; begin: readonly number[] },
): Value {
  const { x, begin } = at;
  if (isStatic(x.shape) && isStatic(g.shape)) {
    const end = x.shape.map((dim, i) => dim - begin[i] - Number(g.shape[i]));
    return b.op("Pad", [g, vector(b, [...begin, ...end])]);
  }
  const before = vector(b, begin);
  const after = sub(b, sub(b, shapeVector(b, x), before), shapeVector(b, g));
  return b.op("Pad", [g, concat(b, [before, after], 0)]);
}

/** An index counted from the front and inside the axis, where that can be said. */
export function positionOf(index: number, x: Value, axis: number): number | undefined {
  const dim = x.shape[axis];
  if (typeof dim === "number") return Math.min(Math.max(fromFront(index, dim), 0), dim);
  return index < 0 ? undefined : index;
}

/** The elements of an input, where all are known numbers. */
export function knownNumbers(context: RuleContext, i: number): readonly number[] | undefined {
  const known = contentsOf(context.b.graph, context.inputs[i]);
  return known !== undefined && isStatic(known) ? known : undefined;
}
