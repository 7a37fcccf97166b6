import { internal } from "../../errors/internal.js";
import { intOf, intsOf, tensorOf } from "../attributes.js";
import { addDims, broadcastShapes, divDims, mulDims, productOf, subDims } from "../dimension.js";
import type { Dim, Shape, Value } from "../ir.js";
import {
  type Call,
  type Contents,
  contents,
  fail,
  input,
  numbersIn,
  optionalInput,
  replaceDim,
  requiredNumbers,
  resolveAxis,
  spellShape,
  type TypeRule,
  unknown,
} from "./call.js";
import { dtypeAttribute } from "./elementwise.js";

/** The part of a shape that Shape's attributes start and end select. */
export function shapeSlice(call: Call, shape: Shape): Shape {
  return shape.slice(intOf(call.node, "start", 0), intOf(call.node, "end", shape.length));
}

const shape: TypeRule = (call) => [
  { dtype: "int64", shape: [shapeSlice(call, input(call, 0).shape).length] },
];

const size: TypeRule = () => [{ dtype: "int64", shape: [] }];

/** A shape that is given by the elements of the i-th input; the rank comes from its length. */
function requestedShape(call: Call, i: number): Shape {
  const known = contents(call, i);
  if (known !== undefined) return known;
  const rank = input(call, i).shape[0] ?? fail(call, `its input ${i} is not a vector`);
  if (typeof rank !== "number") fail(call, `the length of its input ${i} is unknown`);
  return Array.from({ length: rank }, (_, axis) => unknown(call, axis));
}

/** Takes the dimensions that occur on both sides out of both. */
function cancel(from: Shape, by: Shape): [Shape, Shape] {
  const left = [...from];
  const rest = by.filter((dim) => {
    const at = left.indexOf(dim);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  return [left, rest];
}

/** The dimension that −1 stands for: all of x divided by the other dimensions. */
function remaining(x: Shape, others: Shape): Dim | undefined {
  const [total, known] = cancel(x, others);
  return divDims(productOf(total), productOf(known));
}

/** The shape after Reshape: 0 copies (unless allowzero), −1 takes the rest. */
function reshapedShape(call: Call, x: Value): Shape {
  const zeroCopies = intOf(call.node, "allowzero", 0) === 0;
  const wanted = requestedShape(call, 1).map((dim, i) =>
    dim === 0 && zeroCopies
      ? (x.shape[i] ?? fail(call, `cannot keep dimension ${i} of ${spellShape(x.shape)}`))
      : dim,
  );
  const open = wanted.indexOf(-1);
  if (open < 0) return fillUnknown(call, x.shape, wanted);
  const others = wanted.filter((_, i) => i !== open);
  return replaceDim(wanted, open, remaining(x.shape, others) ?? unknown(call, open));
}

/** A single dimension of the call's own that is unknown follows from the others. */
function fillUnknown(call: Call, from: Shape, wanted: Shape): Shape {
  const open = wanted.flatMap((dim, i) => (dim === unknown(call, i) ? [i] : []));
  if (open.length !== 1) return wanted;
  const others = wanted.filter((_, i) => i !== open[0]);
  return replaceDim(wanted, open[0], remaining(from, others) ?? wanted[open[0]]);
}

const reshape: TypeRule = (call) => {
  const x = input(call, 0);
  return [{ dtype: x.dtype, shape: reshapedShape(call, x) }];
};

const expand: TypeRule = (call) => {
  const x = input(call, 0);
  const wanted = requestedShape(call, 1);
  const result =
    broadcastShapes(x.shape, wanted) ??
    fail(call, `${spellShape(x.shape)} does not broadcast to ${spellShape(wanted)}`);
  return [{ dtype: x.dtype, shape: result }];
};

const constantOfShape: TypeRule = (call) => [
  { dtype: tensorOf(call.node, "value")?.dtype ?? "float32", shape: requestedShape(call, 0) },
];

const transpose: TypeRule = (call) => {
  const x = input(call, 0);
  const rank = x.shape.length;
  const perm = intsOf(call.node, "perm") ?? x.shape.map((_, i) => rank - 1 - i);
  if (perm.length !== rank || new Set(perm).size !== rank || perm.some((p) => p < 0 || p >= rank)) {
    fail(call, `perm [${perm}] does not permute rank ${rank}`);
  }
  return [{ dtype: x.dtype, shape: perm.map((p) => x.shape[p]) }];
};

const concat: TypeRule = (call) => {
  const values = call.node.inputs.map((_, i) => input(call, i));
  const first = values[0] ?? fail(call, "nothing to concatenate");
  const axis = resolveAxis(call, intOf(call.node, "axis", 0), first.shape.length);
  for (const value of values) {
    if (value.dtype !== first.dtype || value.shape.length !== first.shape.length) {
      fail(
        call,
        `${value.dtype} ${spellShape(value.shape)} does not continue ${first.dtype} ${spellShape(first.shape)}`,
      );
    }
  }
  const total = values.map((v) => v.shape[axis]).reduce(addDims);
  return [{ dtype: first.dtype, shape: replaceDim(first.shape, axis, total) }];
};

/** Sizes of Split's parts: given as an input, or equal parts of which the last may be smaller. */
function splitSizes(call: Call, total: Dim): Shape {
  const count = call.node.outputs.length;
  if (optionalInput(call, 1))
    return contents(call, 1) ?? call.node.outputs.map((_, k) => unknown(call, 0, k));
  if (typeof total !== "number") {
    const part = divDims(total, count);
    return call.node.outputs.map((_, k) => part ?? unknown(call, 0, k));
  }
  const part = Math.ceil(total / count);
  return call.node.outputs.map((_, k) => Math.max(0, Math.min(part, total - k * part)));
}

const split: TypeRule = (call) => {
  const x = input(call, 0);
  const axis = resolveAxis(call, intOf(call.node, "axis", 0), x.shape.length);
  const sizes = splitSizes(call, x.shape[axis]);
  return sizes.map((dim) => ({ dtype: x.dtype, shape: replaceDim(x.shape, axis, dim) }));
};

const unsqueeze: TypeRule = (call) => {
  const x = input(call, 0);
  const given = requiredNumbers(call, 1);
  const rank = x.shape.length + given.length;
  const axes = given.map((axis) => resolveAxis(call, axis, rank));
  const rest = [...x.shape];
  const dims = Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!));
  return [{ dtype: x.dtype, shape: dims }];
};

const squeeze: TypeRule = (call) => {
  const x = input(call, 0);
  const given = optionalInput(call, 1) ? requiredNumbers(call, 1) : undefined;
  if (given === undefined && x.shape.some((dim) => typeof dim !== "number")) {
    fail(call, `which dimensions of ${spellShape(x.shape)} are 1 is unknown`);
  }
  const axes = given?.map((axis) => resolveAxis(call, axis, x.shape.length));
  const keep = (dim: Dim, i: number): boolean => (axes ? !axes.includes(i) : dim !== 1);
  return [{ dtype: x.dtype, shape: x.shape.filter(keep) }];
};

const range: TypeRule = (call) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => contents(call, i)?.[0]);
  return [{ dtype: input(call, 0).dtype, shape: [rangeLength(call, start, limit, delta)] }];
};

function rangeLength(call: Call, ...bounds: (Dim | undefined)[]): Dim {
  const [start, limit, delta] = bounds;
  if (start === undefined || limit === undefined || delta === undefined) return unknown(call, 0);
  const span = subDims(limit, start);
  if (typeof span === "number" && typeof delta === "number") {
    return Math.max(0, Math.ceil(span / delta));
  }
  return delta === 1 ? span : (divDims(span, delta) ?? unknown(call, 0));
}

const tile: TypeRule = (call) => {
  const x = input(call, 0);
  const repeats: Contents | undefined = contents(call, 1);
  const shape = x.shape.map((dim, i) => (repeats ? mulDims(dim, repeats[i]) : unknown(call, i)));
  return [{ dtype: x.dtype, shape }];
};

const eyeLike: TypeRule = (call) => {
  const like = input(call, 0);
  return [{ dtype: dtypeAttribute(call, "dtype", like.dtype), shape: like.shape }];
};

/** A pad is a pair of sizes an axis, begins first, then ends; inputs: x, pads, value, axes. */
const pad: TypeRule = (call) => {
  const x = input(call, 0);
  const pads = contents(call, 1);
  const given = numbersIn(call, 3) ?? x.shape.map((_, i) => i);
  const axes = given.map((axis) => resolveAxis(call, axis, x.shape.length));
  const padded = x.shape.map((dim, i) => {
    const at = axes.indexOf(i);
    if (at < 0) return dim;
    if (pads === undefined) return unknown(call, i);
    return addDims(dim, addDims(pads[at], pads[at + axes.length]));
  });
  return [{ dtype: x.dtype, shape: padded }];
};

const flatten: TypeRule = (call) => {
  const x = input(call, 0);
  const axis = intOf(call.node, "axis", 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  const dims = [productOf(x.shape.slice(0, at)), productOf(x.shape.slice(at))];
  return [{ dtype: x.dtype, shape: dims }];
};

const constant: TypeRule = (call) => {
  const value =
    tensorOf(call.node, "value") ?? internal(`Constant "${call.node.name}" is no tensor`);
  return [{ dtype: value.dtype, shape: value.shape }];
};

/** Operators that make, read or change shapes. */
export const SHAPES: Readonly<Record<string, TypeRule>> = {
  Shape: shape,
  Size: size,
  Reshape: reshape,
  Expand: expand,
  ConstantOfShape: constantOfShape,
  Constant: constant,
  Transpose: transpose,
  Concat: concat,
  Split: split,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Range: range,
  Tile: tile,
  EyeLike: eyeLike,
  Pad: pad,
  Flatten: flatten,
};
