import { intOf, stringOf } from "../../graph/attributes.js";
import type { GraphBuilder } from "../../graph/builder.js";
import { productOf } from "../../graph/dimension.js";
import { int, type Node, type Value } from "../../graph/ir.js";
import {
  concat,
  full,
  gather,
  gatherElements,
  gatherND,
  type NumberType,
  reshape,
  scatterElements,
  slice,
  unsqueeze,
  vector,
} from "../../graph/ops/index.js";
import { type Rule, type Rules, unsupported } from "../rule.js";
import { broadcastLike, fromFront, shapeVector, zerosLike } from "../shapes.js";
import { addBack, knownNumbers, padBack, positionOf } from "./placement.js";

/** Slices of x that a Gather chose along an axis. */
interface Lookup {
  readonly x: Value;
  readonly indices: Value;
  readonly axis: number;
}

/** g of a Gather with its index axes joined to one: [pre…, I…, post…] → [pre…, n, post…]. */
function joinIndexAxes(b: GraphBuilder, g: Value, at: Lookup): Value {
  const { x, indices, axis } = at;
  if (indices.shape.length === 1) return g;
  const dims = shapeVector(b, x);
  const before = axis === 0 ? [] : [slice(b, dims, { axis: 0, end: axis })];
  const after = axis === x.shape.length - 1 ? [] : [slice(b, dims, { axis: 0, start: axis + 1 })];
  const shape = concat(b, [...before, vector(b, [-1]), ...after], 0);
  return reshape(b, g, shape, x.shape.with(axis, productOf(indices.shape)));
}

/**
 * Adds the gradient of a Gather to zeros, slice by slice. ScatterElements does it in order; ScatterND would add
 * in parallel without locks and lose sums where an index repeats.
 */
function addSlices(b: GraphBuilder, g: Value, at: Lookup): Value {
  const { x, indices, axis } = at;
  const updates = joinIndexAxes(b, g, at);
  const line = x.shape.map((_, i) => (i === axis ? -1 : 1));
  const places = broadcastLike(b, reshape(b, indices, line), updates);
  const options = { axis, reduction: "add" } as const;
  return scatterElements(b, zerosLike(b, x), { indices: places, updates }, options);
}

/** Slices by index: one known index is a window, others are added up. */
const gathered: Rule = (context) => {
  const { b, node, gradient: g, inputs } = context;
  const [x, indices] = [inputs[0], inputs[1]];
  const axis = fromFront(intOf(node, "axis", 0), x.shape.length);
  const only = indices.shape.length === 0 ? knownNumbers(context, 1)?.[0] : undefined;
  const first = only === undefined ? undefined : positionOf(only, x, axis);
  const back = (): Value => {
    if (first === undefined) return addSlices(b, g, { x, indices, axis });
    const begin = x.shape.map((_, i) => (i === axis ? first : 0));
    return padBack(b, unsqueeze(b, g, [axis]), { x, begin });
  };
  return [back, null];
};

/** Rows of which none is chosen twice: each gets the gradient of the place it went to, or zero. */
const chosenRows: Rule = ({ b, node, gradient: g, inputs }) => {
  const [x, indices, inverse] = [inputs[0], inputs[1], inputs[2]];
  const tail = x.shape.slice(1);
  const back = (): Value => {
    const count = productOf(indices.shape);
    const rows =
      indices.shape.length === 1 ? g : reshape(b, g, [-1, ...(tail as number[])], [count, ...tail]);
    return gather(b, intOf(node, "all", 0) === 1 ? rows : withRowOfZeros(b, rows), inverse);
  };
  return [back, null, null];
};

/** g [M, …] with a row of zeros behind it. */
function withRowOfZeros(b: GraphBuilder, g: Value): Value {
  const zeros = [1, ...(g.shape.slice(1) as number[])];
  return concat(b, [g, full(b, vector(b, zeros), 0, g.dtype as NumberType)], 0);
}

/** Elements chosen by any other kind of index. */
const picked: Rule = (context) => [() => addBack(context), null];

/** Reads elements of the gradient at the places that a scatter wrote. */
type Read = (
  g: Value,
  at: { readonly b: GraphBuilder; readonly node: Node; readonly indices: Value },
) => Value;

const readElements: Read = (g, { b, node, indices }) =>
  gatherElements(b, g, indices, intOf(node, "axis", 0));
const readTuples: Read = (g, { b, indices }) => gatherND(b, g, indices);

/** x with updates written over its elements (which lose the gradient) or added to them (which keep it). */
const scattered =
  (read: Read): Rule =>
  ({ b, node, gradient: g, inputs }) => {
    const [indices, updates] = [inputs[1], inputs[2]];
    const { attributes } = node;
    const reduction = stringOf(node, "reduction", "none");
    if (reduction !== "none" && reduction !== "add") {
      unsupported(node, `reduction "${reduction}", expected none or add`);
    }
    const erased = (): Value => b.op(node.op, [g, indices, zerosLike(b, updates)], { attributes });
    return [reduction === "add" ? () => g : erased, null, () => read(g, { b, node, indices })];
  };

/** The k largest: their gradient goes to where they stood. */
const largest: Rule = ({ b, node, gradient: g, inputs: [x], withOutputs }) => {
  const axis = intOf(node, "axis", -1);
  const back = (): Value => {
    const update = { indices: withOutputs(2)[1], updates: g };
    return scatterElements(b, zerosLike(b, x), update, { axis });
  };
  return [back, null];
};

/** A running sum: the gradient's running sum from the other end. */
const cumulated: Rule = ({ b, node, gradient: g, inputs }) => {
  const reverse = int(1 - intOf(node, "reverse", 0));
  const attributes = { ...node.attributes, reverse };
  return [() => b.op("CumSum", [g, inputs[1]], { attributes }), null];
};

/** A triangle: the same triangle of the gradient. */
const triangle: Rule = ({ b, node, gradient: g, inputs }) => {
  const { attributes } = node;
  return [() => b.op("Trilu", [g, ...inputs.slice(1)], { attributes }), null];
};

/** The two values that OneHot writes are taken to be numbers, not parameters. */
const oneHot: Rule = ({ node }) => [
  null,
  null,
  () => unsupported(node, "its values depend on a parameter"),
];

/** Operators that address elements. */
export const indexingRules: Rules = {
  Gather: gathered,
  "embtune:GatherRows": chosenRows,
  GatherElements: picked,
  GatherND: picked,
  ScatterElements: scattered(readElements),
  ScatterND: scattered(readTuples),
  TopK: largest,
  CumSum: cumulated,
  Trilu: triangle,
  OneHot: oneHot,
};
