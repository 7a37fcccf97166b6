import type { DType } from "../../math/tensor.js";
import { intOf, tensorOf } from "../attributes.js";
import { addDims, divDims, mulDims, productOf, subDims } from "../dimension.js";
import type { Dim, TensorType } from "../ir.js";
import { type Call, type Contents, contents, input, numbersIn } from "./call.js";
import { sliceIndices } from "./indexing.js";
import { shapeSlice } from "./shape.js";

/** Elements of a node's output from those of its inputs, where they can be said. `type` is the output's. */
type ContentRule = (call: Call, type: TensorType) => (Dim | undefined)[] | undefined;

type Numeric = (x: number, y: number) => number;

/** Elementwise on two inputs of which each is a scalar or as long as the other. */
function pairwise(f: (x: Dim, y: Dim) => Dim | undefined): ContentRule {
  return (call) => {
    const [x, y] = [contents(call, 0), contents(call, 1)];
    if (x === undefined || y === undefined) return undefined;
    if (x.length !== y.length && x.length !== 1 && y.length !== 1) return undefined;
    const length = Math.max(x.length, y.length);
    return Array.from({ length }, (_, i) =>
      f(x[x.length === 1 ? 0 : i], y[y.length === 1 ? 0 : i]),
    );
  };
}

const onNumbers =
  (f: Numeric) =>
  (x: Dim, y: Dim): Dim | undefined =>
    typeof x === "number" && typeof y === "number" ? f(x, y) : undefined;

function single(f: (x: number) => number): ContentRule {
  return (call) => numbersIn(call, 0)?.map(f);
}

const truth =
  (f: (x: number, y: number) => boolean): Numeric =>
  (x, y) =>
    f(x, y) ? 1 : 0;

const copy: ContentRule = (call) => contents(call, 0)?.slice();

const isInteger = (dtype: DType): boolean => !dtype.startsWith("float");

const cast: ContentRule = (call, type) => {
  const known = contents(call, 0);
  if (known === undefined) return undefined;
  if (type.dtype === "bool") return numbersIn(call, 0)?.map((x) => (x === 0 ? 0 : 1));
  if (!isInteger(type.dtype)) return known.slice();
  return known.map((x) => (typeof x === "number" ? Math.trunc(x) : x));
};

const divide: ContentRule = (call, type) =>
  pairwise((x, y) => {
    if (typeof x !== "number" || typeof y !== "number") return divDims(x, y);
    if (isInteger(type.dtype)) return y === 0 ? undefined : Math.trunc(x / y);
    return x / y;
  })(call, type);

const gather: ContentRule = (call) => {
  const known = contents(call, 0);
  const indices = numbersIn(call, 1);
  if (known === undefined || indices === undefined || input(call, 0).shape.length !== 1)
    return undefined;
  return indices.map((i) => known[i < 0 ? i + known.length : i]);
};

const slice: ContentRule = (call) => {
  const known = contents(call, 0);
  const [starts, ends] = [numbersIn(call, 1), numbersIn(call, 2)];
  if (!known || !starts || !ends || input(call, 0).shape.length !== 1) return undefined;
  const step = call.node.inputs[4] ? numbersIn(call, 4)?.[0] : 1;
  if (!step) return undefined;
  return sliceIndices(known.length, starts[0], ends[0], step).map((i) => known[i]);
};

const concat: ContentRule = (call) => {
  const parts: Contents[] = [];
  for (let i = 0; i < call.node.inputs.length; i++) {
    const part = contents(call, i);
    if (part === undefined || input(call, i).shape.length !== 1) return undefined;
    parts.push(part);
  }
  return parts.flat();
};

const where: ContentRule = (call) => {
  const condition = numbersIn(call, 0);
  const [x, y] = [contents(call, 1), contents(call, 2)];
  if (!condition || !x || !y) return undefined;
  const length = Math.max(condition.length, x.length, y.length);
  if ([condition, x, y].some((v) => v.length !== 1 && v.length !== length)) return undefined;
  const at = <T>(v: readonly T[], i: number): T => v[v.length === 1 ? 0 : i]!;
  return Array.from({ length }, (_, i) => (at(condition, i) ? at(x, i) : at(y, i)));
};

const fill: ContentRule = (call, type) => {
  const size = productOf(type.shape);
  if (typeof size !== "number") return undefined;
  const value = Number(tensorOf(call.node, "value")?.data[0] ?? 0);
  return size > 64 ? undefined : Array.from({ length: size }, () => value);
};

const expand: ContentRule = (call, type) => {
  const known = contents(call, 0);
  const size = productOf(type.shape);
  if (known === undefined || typeof size !== "number" || size > 64) return undefined;
  if (known.length === size) return known.slice();
  return known.length === 1 ? Array.from({ length: size }, () => known[0]) : undefined;
};

const range: ContentRule = (call, type) => {
  const [start, delta] = [numbersIn(call, 0)?.[0], numbersIn(call, 2)?.[0]];
  const count = type.shape[0];
  if (start === undefined || delta === undefined || typeof count !== "number" || count > 64) {
    return undefined;
  }
  return Array.from({ length: count }, (_, i) => start + i * delta);
};

const product: ContentRule = (call, type) => {
  const known = contents(call, 0);
  const one = productOf(type.shape) === 1 && input(call, 0).shape.length === 1;
  return known !== undefined && one ? [productOf(known)] : undefined;
};

const split: ContentRule = (call, type) => {
  const known = contents(call, 0);
  const first = type.shape[0];
  if (known === undefined || type.shape.length !== 1 || typeof first !== "number") return undefined;
  return intOf(call.node, "axis", 0) <= 0 ? known.slice(0, first) : undefined;
};

const RULES: Readonly<Record<string, ContentRule>> = {
  Shape: (call) => [...shapeSlice(call, input(call, 0).shape)],
  Size: (call) => [productOf(input(call, 0).shape)],
  Constant: (call) => {
    const data = tensorOf(call.node, "value")?.data;
    return data === undefined || data.length > 64 ? undefined : Array.from(data, Number);
  },
  ConstantOfShape: fill,
  Cast: cast,
  Identity: copy,
  Unsqueeze: copy,
  Squeeze: copy,
  Reshape: copy,
  Expand: expand,
  Gather: gather,
  Slice: slice,
  Concat: concat,
  Split: split,
  Range: range,
  ReduceProd: product,
  Where: where,
  Add: pairwise(addDims),
  Sub: pairwise(subDims),
  Mul: pairwise(mulDims),
  Div: divide,
  Mod: (call, type) =>
    intOf(call.node, "fmod", 0) === 0
      ? pairwise(onNumbers((x, y) => ((x % y) + y) % y))(call, type)
      : undefined,
  Pow: pairwise(onNumbers(Math.pow)),
  Min: pairwise((x, y) => (x === y ? x : onNumbers(Math.min)(x, y))),
  Max: pairwise((x, y) => (x === y ? x : onNumbers(Math.max)(x, y))),
  Equal: pairwise((x, y) => sameDim(x, y)),
  Less: pairwise(onNumbers(truth((x, y) => x < y))),
  LessOrEqual: pairwise(onNumbers(truth((x, y) => x <= y))),
  Greater: pairwise(onNumbers(truth((x, y) => x > y))),
  GreaterOrEqual: pairwise(onNumbers(truth((x, y) => x >= y))),
  And: pairwise(onNumbers(truth((x, y) => x !== 0 && y !== 0))),
  Or: pairwise(onNumbers(truth((x, y) => x !== 0 || y !== 0))),
  Not: single((x) => (x === 0 ? 1 : 0)),
  Neg: (call) => contents(call, 0)?.map((x) => mulDims(x, -1)),
  Abs: single(Math.abs),
  Sqrt: single(Math.sqrt),
  Reciprocal: single((x) => 1 / x),
  Floor: single(Math.floor),
  Ceil: single(Math.ceil),
};

/** 1 for equal, 0 for different; a size is never negative (shape arithmetic compares with −1), else unknown. */
function sameDim(x: Dim, y: Dim): Dim | undefined {
  if (x === y) return 1;
  if (typeof x === "number" && typeof y === "number") return 0;
  const number = typeof x === "number" ? x : y;
  return typeof number === "number" && number < 0 ? 0 : undefined;
}

/**
 * Elements of the node's first output, or undefined where they are not all known. Integers of any size and
 * floating-point numbers that follow from them (attention scales such as 1/√d) are followed.
 */
export function inferContents(call: Call, type: TensorType): Contents | undefined {
  const known = RULES[call.node.op]?.(call, type);
  if (known === undefined || known.length > 64) return undefined;
  if (known.some((x) => x === undefined)) return undefined;
  const size = productOf(type.shape);
  if (known.length !== size) return undefined;
  const rounded = type.dtype === "float32" ? known.map(round) : known;
  return rounded as Contents;
}

const round = (x: Dim | undefined): Dim | undefined => (typeof x === "number" ? Math.fround(x) : x);
