import { intOf } from "../attributes.js";
import { addDims, subDims } from "../dimension.js";
import type { Dim, Shape } from "../ir.js";
import {
  type Contents,
  contents,
  fail,
  input,
  numbersIn,
  optionalInput,
  requiredNumbers,
  resolveAxis,
  type TypeRule,
  unknown,
} from "./call.js";
import { unary } from "./elementwise.js";

const gather: TypeRule = (call) => {
  const x = input(call, 0);
  const axis = resolveAxis(call, intOf(call.node, "axis", 0), x.shape.length);
  const indices = input(call, 1).shape;
  const shape = [...x.shape.slice(0, axis), ...indices, ...x.shape.slice(axis + 1)];
  return [{ dtype: x.dtype, shape }];
};

const gatherElements: TypeRule = (call) => [
  { dtype: input(call, 0).dtype, shape: input(call, 1).shape },
];

const gatherND: TypeRule = (call) => {
  const x = input(call, 0);
  const indices = input(call, 1).shape;
  const batch = intOf(call.node, "batch_dims", 0);
  const tuple = indices.at(-1);
  if (typeof tuple !== "number") fail(call, "the length of its index tuples is unknown");
  const shape = [...indices.slice(0, -1), ...x.shape.slice(batch + tuple)];
  return [{ dtype: x.dtype, shape }];
};

/** Bounds beyond this run to the end of the axis: exporters write 2^31 − 1 or 2^63 − 1. */
const BEYOND = 2 ** 31 - 1;

/** What a slice takes of an axis of known size: first index, number of elements. */
function knownCut(dim: number, start: number, end: number, step: number): [number, number] {
  const [low, high] = step > 0 ? [0, dim] : [-1, dim - 1];
  const index = (x: number): number => Math.min(Math.max(x < 0 ? x + dim : x, low), high);
  return [index(start), Math.max(0, Math.ceil((index(end) - index(start)) / step))];
}

/** Indices that a slice of a known axis takes. */
export function sliceIndices(dim: number, start: number, end: number, step: number): number[] {
  const [first, length] = knownCut(dim, start, end, step);
  return Array.from({ length }, (_, i) => first + i * step);
}

/**
 * How many elements of an axis a slice takes, where that can be said. A slice of a fixed axis up to a symbolic
 * bound (positions 0 … T of a table of 512) is taken to fit: a longer one would fail when the graph runs.
 */
function cutSize(cut: {
  readonly dim: Dim;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
}): Dim | undefined {
  const { dim, start, end, step } = cut;
  if (typeof start === "number" && typeof end === "number" && typeof dim === "number") {
    return knownCut(dim, start, end, step)[1];
  }
  if (step !== 1) return undefined;
  const fromEnd = (x: Dim): Dim => (typeof x === "number" && x < 0 ? addDims(dim, x) : x);
  const toEnd = typeof end === "number" && end >= BEYOND;
  const [first, limit] = [fromEnd(start), toEnd ? dim : fromEnd(end)];
  if (first === 0 && limit === dim) return dim;
  const fits = typeof dim === "number" ? typeof limit === "string" : knownInside(dim, limit);
  return fits ? subDims(limit, first) : undefined;
}

/** Whether a limit surely does not exceed a symbolic size: the size itself, or the size less a number. */
function knownInside(dim: Dim, limit: Dim): boolean {
  const rest = subDims(dim, limit);
  return typeof rest === "number" && rest >= 0;
}

const slice: TypeRule = (call) => {
  const x = input(call, 0);
  const starts = contents(call, 1);
  const ends = contents(call, 2);
  const given = optionalInput(call, 3) ? requiredNumbers(call, 3) : x.shape.map((_, i) => i);
  const axes = given.map((axis) => resolveAxis(call, axis, x.shape.length));
  const steps = optionalInput(call, 4) ? numbersIn(call, 4) : axes.map(() => 1);
  const shape = x.shape.map((dim, axis) => {
    const at = axes.indexOf(axis);
    if (at < 0) return dim;
    return cutOf(dim, { starts, ends, steps, at }) ?? unknown(call, axis);
  });
  return [{ dtype: x.dtype, shape }];
};

interface CutArguments {
  readonly starts: Contents | undefined;
  readonly ends: Contents | undefined;
  readonly steps: readonly number[] | undefined;
  readonly at: number;
}

function cutOf(dim: Dim, args: CutArguments): Dim | undefined {
  const start = args.starts?.[args.at];
  const end = args.ends?.[args.at];
  const step = args.steps?.[args.at];
  if (start === undefined || end === undefined || !step) return undefined;
  return cutSize({ dim, start, end, step });
}

const nonZero: TypeRule = (call) => {
  const rank = input(call, 0).shape.length;
  return [{ dtype: "int64", shape: [rank, unknown(call, 1)] }];
};

const oneHot: TypeRule = (call) => {
  const indices = input(call, 0).shape;
  const depth = contents(call, 1)?.[0] ?? unknown(call, indices.length);
  const axis = resolveAxis(call, intOf(call.node, "axis", -1), indices.length + 1);
  const shape: Shape = [...indices.slice(0, axis), depth, ...indices.slice(axis)];
  return [{ dtype: input(call, 2).dtype, shape }];
};

/** Operators that address elements. */
export const INDEXING: Readonly<Record<string, TypeRule>> = {
  Gather: gather,
  "embtune:GatherRows": gather,
  GatherElements: gatherElements,
  GatherND: gatherND,
  ScatterElements: unary,
  ScatterND: unary,
  Slice: slice,
  Trilu: unary,
  NonZero: nonZero,
  OneHot: oneHot,
};
