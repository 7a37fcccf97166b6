import { intOf, intsOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { int, type Value } from "../../graph/ir.js";
import { cast, concat, reduceSum, reshape, transpose, vector } from "../../graph/ops/index.js";
import type { Rule, Rules } from "../rule.js";
import { fromFront, interleave, reshapeLike, shapeVector, zerosLike } from "../shapes.js";

/** The same elements in another shape: the gradient goes back into x's. */
const reshaped: Rule = ({ b, gradient: g, inputs: [x] }) => [() => reshapeLike(b, g, x), null];

/** The same numbers in another type: the gradient goes back into x's. */
const converted: Rule = ({ b, gradient: g, inputs: [x] }) => [() => cast(b, g, x.dtype), null];

/** The inverse permutation; reversed axes are their own inverse. */
const transposed: Rule = ({ b, node, gradient: g, inputs: [x] }) => {
  const perm = intsOf(node, "perm");
  return [() => transpose(b, g, perm && x.shape.map((_, i) => perm.indexOf(i)))];
};

/** Each input gets its part of the gradient. */
const concatenated: Rule = ({ b, node, gradient: g, inputs }) => {
  const axis = intOf(node, "axis", 0);
  let parts: readonly Value[] | undefined;
  const split = (): readonly Value[] => {
    const sizes = inputs.map((x) => dimension(b, x, axis));
    return b.multi("Split", [g, concat(b, sizes, 0)], {
      attributes: { axis: int(axis) },
      outputs: inputs.length,
    });
  };
  return inputs.map((_, i) => () => {
    if (inputs.length === 1) return g;
    parts ??= split();
    return parts[i];
  });
};

/** The size of one dimension as an int64 vector [1]. */
function dimension(b: GraphBuilder, x: Value, axis: number): Value {
  const start = fromFront(axis, x.shape.length);
  const dim = x.shape[start];
  if (typeof dim === "number") return vector(b, [dim]);
  return b.op("Shape", [x], { attributes: { start: int(start), end: int(start + 1) } });
}

/** The parts' gradients one after the other; zeros for a part that the loss does not depend on. */
const divided: Rule = ({ b, node, gradients, outputs }) => {
  const parts = (): Value[] => outputs.map((y, i) => gradients[i] ?? zerosLike(b, y));
  return [() => concat(b, parts(), intOf(node, "axis", 0)), null];
};

/** y repeats x r_i times along axis i: as [r₀, d₀, r₁, d₁, …] the gradient is summed over the repeats. */
const tiled: Rule = ({ b, gradient: g, inputs }) => {
  const [x, repeats] = [inputs[0], inputs[1]];
  const apart = (): Value => reshape(b, g, interleave(b, repeats, shapeVector(b, x)));
  const axes = x.shape.map((_, i) => 2 * i);
  return [() => reduceSum(b, apart(), { axes }), null];
};

/** Operators that move all their elements. What Expand broadcast, the walk sums down. */
export const shapeRules: Rules = {
  Identity: ({ gradient: g }) => [() => g],
  "embtune:Dropout": ({ gradient: g }) => [() => g],
  Cast: converted,
  CastLike: converted,
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: transposed,
  Expand: ({ gradient: g }) => [() => g, null],
  Tile: tiled,
  Concat: concatenated,
  Split: divided,
};
