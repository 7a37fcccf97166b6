import type { GraphBuilder } from "../../src/graph/builder.js";
import { float, int, type Shape, string, type Value } from "../../src/graph/ir.js";
import * as ops from "../../src/graph/ops/index.js";
import { bool, float64, int64, type Tensor } from "../../src/math/tensor.js";
import {
  type CheckedFunction,
  type CheckedInput,
  randomTensor,
} from "../support/gradient-check.js";

/** One row of the gradient test: an operator, the variant that is checked, and the function. */
export interface RuleCase extends CheckedFunction {
  readonly op: string;
  readonly variant: string;
  /** Step h of the differences where the default (1e-5) would drown in rounding. */
  readonly step?: number;
}

type Build = (b: GraphBuilder, ...inputs: Value[]) => Value;

/** Sizes that stand for the names in shapes. */
const SIZES: Readonly<Record<string, number>> = { B: 3, T: 2 };

let seed = 0;

/** A float64 input with values in [low, high); names in the shape are symbolic dimensions. */
function x(shape: Shape, low = -1, high = 1): CheckedInput {
  seed += 1;
  const sizes = shape.map((dim) => (typeof dim === "number" ? dim : SIZES[dim]));
  return { tensor: randomTensor(sizes, { low, high, seed }), shape };
}

/** A positive input. */
const positive = (shape: Shape): CheckedInput => x(shape, 0.5, 2);

const given = (tensor: Tensor, shape?: Shape): CheckedInput =>
  shape === undefined ? { tensor } : { tensor, shape };

const indices = (shape: readonly number[], values: readonly number[]): CheckedInput =>
  given(int64(shape, values));

function row(op: string, variant: string, f: { inputs: CheckedInput[]; build: Build }): RuleCase {
  return { op, variant, ...f };
}

/** Rows of an operator with one input that share the function. */
function rows(
  op: string,
  build: Build,
  inputs: Readonly<Record<string, CheckedInput[]>>,
): RuleCase[] {
  return Object.entries(inputs).map(([variant, list]) => row(op, variant, { inputs: list, build }));
}

const node =
  (op: string, attributes = {}): Build =>
  (b, ...inputs) =>
    b.op(op, inputs, { attributes });

/** Every way in which two shapes broadcast. */
const pairs = (make: (shape: Shape) => CheckedInput, other = make) => ({
  "equal shapes": [make([2, 3]), other([2, 3])],
  "a bias": [make(["B", 2, 3]), other([3])],
  "a bias on the left": [make([3]), other(["B", "T", 3])],
  "a scalar": [make(["B", 3]), other([])],
  "middle and last axes": [make(["B", 2, 3]), other(["B", 1, 1])],
  "outer product": [make(["B", 1]), other([1, "T"])],
  "a matrix over the batch": [make(["B", 2, 2, 3]), other([2, 3])],
  "the first axis": [make([1, 3]), other(["B", 3])],
  "a name against a number": [make(["B", 2]), other([3, 2])],
});

const arithmetic: RuleCase[] = [
  ...rows("Add", ops.add, pairs(x)),
  ...rows("Sub", ops.sub, pairs(x)),
  ...rows("Mul", ops.mul, pairs(x)),
  ...rows("Div", ops.div, pairs(x, positive)),
  ...rows("Pow", ops.pow, pairs(positive, x)),
  ...rows("Pow", (b, v) => ops.pow(b, v, ops.scalarLike(b, 2, v)), { squared: [x([4])] }),
  ...rows("Pow", (b, v) => ops.pow(b, v, ops.scalar(b, 3, "float32")), {
    "float32 exponent": [x([4])],
  }),
  ...rows("Mod", node("Mod", { fmod: int(1) }), { fmod: [x([6], 1.3, 1.8), x([1], 0.62, 0.63)] }),
  ...rows("Min", ops.minimum, pairs(x)),
  ...rows("Max", ops.maximum, pairs(x)),
  ...rows("Max", node("Max"), {
    "three inputs": [x([2, 3]), x([3]), x([2, 1])],
    "one input": [x([3])],
  }),
  ...rows("Clip", node("Clip"), {
    "two bounds": [x([8], -2, 2), x([], -0.7, -0.6), x([], 0.4, 0.5)],
    "no upper bound": [x([8], -2, 2), x([], 0.1, 0.2)],
  }),
  ...rows("Clip", (b, v, high) => b.op("Clip", [v, null, high]), {
    "no lower bound": [x([8], -2, 2), x([], 0.1, 0.2)],
  }),
  ...rows("Where", ops.where, {
    "broadcast branches": [given(bool([3, 1], [true, false, true]), ["B", 1]), x(["B", 4]), x([])],
  }),
  ...rows("Neg", ops.neg, { "": [x([3])] }),
  ...rows("Reciprocal", ops.reciprocal, { "": [positive([3])] }),
  ...rows("Sqrt", ops.sqrt, { "": [positive([3])] }),
  ...rows("Exp", ops.exp, { "": [x([3])] }),
  ...rows("Log", ops.log, { "": [positive([3])] }),
  ...rows("Abs", ops.abs, { "": [x([5])] }),
  ...rows("Sin", node("Sin"), { "": [x([3])] }),
  ...rows("Cos", node("Cos"), { "": [x([3])] }),
];

const activations: RuleCase[] = [
  ...rows("Relu", ops.relu, { "": [x([6])] }),
  ...rows("Tanh", ops.tanh, { "": [x([3])] }),
  ...rows("Sigmoid", ops.sigmoid, { "": [x([3], -3, 3)] }),
  ...rows(
    "embtune:WithSlope",
    (b, v) => {
      const slope = ops.mul(b, v, ops.scalarLike(b, 2, v));
      return ops.withSlope(b, ops.square(b, v), { x: v, slope });
    },
    { square: [x([3])] },
  ),
  ...rows("embtune:Dropout", (b, v) => ops.dropout(b, v, { site: "a", rate: 0.1 }), {
    mark: [x([3])],
  }),
];

/** A reduction in its forms: some axes, all axes, axes kept or removed, a symbolic axis, negative axes. */
function reductionRows(op: string, make = x): RuleCase[] {
  const over =
    (axes: readonly number[] | null, keep: number): Build =>
    (b, v) =>
      b.op(op, axes === null ? [v] : [v, ops.vector(b, axes)], {
        attributes: { keepdims: int(keep) },
      });
  return [
    ...rows(op, over([1], 0), { "one axis": [make([2, 3, 2])] }),
    ...rows(op, over([-1], 1), { "last axis, kept": [make(["B", 3])] }),
    ...rows(op, over([0, 2], 0), { "two axes": [make(["B", 3, 2])] }),
    ...rows(op, over([0], 0), { "symbolic axis": [make(["B", "T"])] }),
    ...rows(op, over(null, 0), { "all axes": [make(["B", 3])], "a vector": [make([4])] }),
    ...rows(op, over(null, 1), { "all axes, kept": [make([2, 3])] }),
  ];
}

const reductions: RuleCase[] = [
  ...reductionRows("ReduceSum"),
  ...rows("ReduceSum", node("ReduceSum", { noop_with_empty_axes: int(1) }), {
    "no axes": [x([2, 3])],
  }),
  ...reductionRows("ReduceMean"),
  ...reductionRows("ReduceMax"),
  ...reductionRows("ReduceMin"),
  ...reductionRows("ReduceProd", positive),
  ...reductionRows("ReduceL2"),
  ...reductionRows("ReduceSumSquare"),
];

const layerNorm =
  (axis: number): Build =>
  (b, ...inputs) =>
    b.op("LayerNormalization", inputs, { attributes: { axis: int(axis), epsilon: float(0.1) } });

const normalizations: RuleCase[] = [
  ...rows("Softmax", (b, v) => ops.softmax(b, v), { "last axis": [x(["B", 4])] }),
  ...rows("Softmax", (b, v) => ops.softmax(b, v, 1), { "middle axis": [x([2, 3, 2])] }),
  ...rows("LogSoftmax", (b, v) => ops.logSoftmax(b, v), { "last axis": [x(["B", 4])] }),
  ...rows("LogSoftmax", (b, v) => ops.logSoftmax(b, v, 0), { "first axis": [x(["B", 4])] }),
  ...rows("LayerNormalization", layerNorm(-1), {
    "last axis": [x(["B", "T", 4]), x([4]), x([4])],
    "no bias": [x(["B", 4]), x([4])],
  }),
  ...rows("LayerNormalization", layerNorm(1), {
    "two axes": [x(["B", 2, 3]), x([2, 3]), x([2, 3])],
  }),
];

const gemm =
  (transA: boolean, transB: boolean): Build =>
  (b, a, w, c) =>
    ops.gemm(b, a, w, {
      transA,
      transB,
      alpha: 0.5,
      beta: 1.5,
      ...(c === undefined ? {} : { c }),
    });

const products: RuleCase[] = [
  ...rows("MatMul", ops.matmul, {
    matrices: [x([2, 3]), x([3, 4])],
    "a symbolic batch and a weight": [x(["B", "T", 3]), x([3, 4])],
    "a static batch and a weight": [x([2, 2, 3]), x([3, 4])],
    "two batches": [x(["B", 2, 2, 3]), x(["B", 2, 3, 2])],
    "symbolic inner sizes": [x(["B", 2, "T", 3]), x(["B", 2, 3, "T"])],
    "a batch that broadcasts": [x(["B", 2, 2, 3]), x([1, 2, 3, 2])],
    "a matrix against a batch": [x([2, 3]), x(["B", 3, 2])],
    "a vector on the left": [x([3]), x([3, 2])],
    "a vector against a batch": [x([3]), x(["B", 3, 2])],
    "a vector on the right": [x(["B", 2, 3]), x([3])],
    "a matrix and a vector": [x(["B", 3]), x([3])],
    "two vectors": [x([3]), x([3])],
  }),
  ...rows("Gemm", gemm(false, false), {
    bias: [x(["B", 3]), x([3, 4]), x([4])],
    "no bias": [x([2, 3]), x([3, 4])],
  }),
  ...rows("Gemm", gemm(false, true), {
    "transposed weight": [x(["B", 3]), x([4, 3]), x(["B", 1])],
  }),
  ...rows("Gemm", gemm(true, false), { "transposed input": [x([3, "B"]), x([3, 4]), x([])] }),
  ...rows("Gemm", gemm(true, true), { "both transposed": [x([3, 2]), x([4, 3]), x([2, 4])] }),
];

const shapes: RuleCase[] = [
  ...rows("Identity", ops.identity, { "": [x([3])] }),
  ...rows("Cast", (b, v) => ops.cast(b, ops.cast(b, v, "float32"), "float64"), {
    "to float32 and back": [given(float64([3], [-0.5, 0.25, 2]))],
  }).map((cast) => ({ ...cast, step: 0.25 })),
  ...rows("CastLike", (b, v) => b.op("CastLike", [v, ops.scalar(b, 0, "float64")]), {
    "": [x([3])],
  }),
  ...rows("Reshape", (b, v) => ops.reshape(b, v, [3, -1]), {
    static: [x([2, 3])],
    symbolic: [x(["B", 2])],
    "two symbolic sizes": [x(["B", "T"])],
  }),
  ...rows("Flatten", node("Flatten", { axis: int(2) }), { "": [x(["B", 2, "T", 2])] }),
  ...rows("Squeeze", (b, v) => ops.squeeze(b, v, [1]), { "": [x(["B", 1, "T"])] }),
  ...rows("Unsqueeze", (b, v) => ops.unsqueeze(b, v, [0, -1]), { "": [x(["B", "T"])] }),
  ...rows("Transpose", (b, v) => ops.transpose(b, v, [2, 0, 1]), { permuted: [x(["B", "T", 3])] }),
  ...rows("Transpose", node("Transpose"), { reversed: [x([2, 3, 2])] }),
  ...rows("Expand", (b, v) => ops.expand(b, v, [2, 1, 3]), {
    "leading and last axes": [x(["B", 1])],
    "nothing to expand": [x([2, 3, 3])],
  }),
  ...rows("Expand", (b, v, like) => ops.expandLike(b, v, like), {
    "to a symbolic shape": [x([1, 3]), given(int64([3, 2, 3], Array(18).fill(0)), ["B", "T", 3])],
  }),
  ...rows("Tile", (b, v) => ops.tile(b, v, [2, 3]), {
    static: [x([2, 2])],
    symbolic: [x(["B", "T"])],
  }),
  ...rows("Concat", (b, ...list) => ops.concat(b, list, -1), {
    static: [x([2, 1]), x([2, 3])],
    symbolic: [x([2, "B"]), x([2, 2]), x([2, "T"])],
    "one input": [x([2])],
  }),
  ...rows("Split", (b, v) => joinSome(b, ops.split(b, v, [1, 2, 1], 1)), { "": [x(["B", 4])] }),
];

/** Uses the first two of three parts, differently, so that one part has no gradient. */
function joinSome(b: GraphBuilder, parts: readonly Value[]): Value {
  return ops.mul(b, parts[0], parts[1]);
}

const cut =
  (...ranges: ops.SliceRange[]): Build =>
  (b, v) =>
    ranges.reduce((value, range) => ops.slice(b, value, range), v);

const pad =
  (pads: readonly number[], mode = "constant"): Build =>
  (b, v, value) =>
    b.op("Pad", [v, ops.vector(b, pads), ...(value === undefined ? [] : [value])], {
      attributes: { mode: string(mode) },
    });

const windows: RuleCase[] = [
  ...rows("Slice", cut({ axis: 1, start: 1, end: 3 }), {
    static: [x([2, 4])],
    batch: [x(["B", 4])],
  }),
  ...rows("Slice", cut({ axis: 0, start: 1 }), { "symbolic axis": [x(["B", 2])] }),
  ...rows("Slice", cut({ axis: 0, start: -2 }), { "from a symbolic end": [x(["B", 2])] }),
  ...rows("Slice", cut({ axis: -1, start: -2, end: -1 }), { "negative bounds": [x(["B", 4])] }),
  ...rows("Slice", cut({ axis: 1, start: 0, step: 2 }), { "a step": [x(["B", 5])] }),
  ...rows("Slice", cut({ axis: 1, start: -1, end: -10, step: -1 }), { reversed: [x([2, 3])] }),
  ...rows(
    "Slice",
    (b, v) => ops.slice(b, v, { axis: 1, end: ops.unsqueeze(b, ops.dimOf(b, v, 0), [0]) }),
    { "computed bounds": [x(["B", 5])] },
  ),
  ...rows("Pad", pad([0, 1, 2, 0]), {
    "by zeros": [x(["B", 3])],
    "by a value": [x(["B", 3]), x([])],
  }),
  ...rows("Pad", pad([0, 1, 0, 2], "reflect"), { reflected: [x([2, 4])] }),
  ...rows("Pad", (b, v) => b.op("Pad", [v, ops.vector(b, [1, 2]), null, ops.vector(b, [-1])]), {
    "of one axis": [x(["B", 3])],
  }),
];

const scatter =
  (op: string, attributes = {}): Build =>
  (b, ...inputs) =>
    b.op(op, inputs, { attributes });

const indexing: RuleCase[] = [
  ...rows("Gather", (b, v, i) => ops.gather(b, v, i), {
    "rows, repeated": [x([4, 3]), indices([2, 2], [1, 3, 1, -1])],
    "elements of a vector": [x([4]), indices([3], [0, 0, 2])],
    "rows of a symbolic table": [x(["B", 2]), indices([2], [0, 2])],
    "one computed row": [x([4, 3]), indices([], [2])],
  }),
  ...rows("Gather", (b, v) => ops.gather(b, v, ops.scalar(b, 0, "int64"), 1), {
    "one known position": [x(["B", "T", 3])],
  }),
  ...rows("Gather", (b, v) => ops.gather(b, v, ops.scalar(b, -1, "int64"), 1), {
    "the last of a symbolic axis": [x(["B", "T", 3])],
    "the last of a static axis": [x(["B", 3])],
  }),
  ...rows("Gather", (b, v, i) => ops.gather(b, v, i, 1), {
    "columns, repeated": [x(["B", 3, 2]), indices([2, 2], [2, 0, 2, 1])],
    "the last axis": [x(["B", 3]), indices([2, 2], [2, 0, 2, -1])],
  }),
  ...rows("GatherElements", (b, v, i) => ops.gatherElements(b, v, i, 1), {
    "": [x([2, 3]), indices([2, 4], [0, 0, 1, 2, 2, 1, -1, 0])],
  }),
  ...rows("GatherND", (b, v, i) => ops.gatherND(b, v, i), {
    tuples: [x([2, 3, 2]), indices([3, 2], [0, 1, 1, 2, 0, 1])],
    "first axis": [x(["B", 2]), indices([2, 1], [2, 0])],
  }),
  ...rows("GatherND", node("GatherND", { batch_dims: int(1) }), {
    "in a batch": [x([2, 3]), indices([2, 1], [2, 0])],
  }),
  ...rows("ScatterElements", scatter("ScatterElements", { axis: int(1) }), {
    replaced: [x([2, 3]), indices([2, 2], [0, 2, 1, 0]), x([2, 2])],
  }),
  ...rows("ScatterElements", scatter("ScatterElements", { reduction: string("add") }), {
    added: [x([3, 2]), indices([2, 2], [0, 2, 0, 0]), x([2, 2])],
  }),
  ...rows(
    "embtune:GatherRows",
    (b, v, i, inverse) => ops.gatherRows(b, v, { indices: i, inverse: inverse }),
    {
      "some rows": [x(["B", 2]), indices([2], [2, 0]), indices([3], [1, 2, 0])],
      "on several axes": [x(["B", 2]), indices([1, 2], [2, 0]), indices([3], [1, 2, 0])],
    },
  ),
  ...rows(
    "embtune:GatherRows",
    (b, v, i, inverse) => ops.gatherRows(b, v, { indices: i, inverse: inverse, all: true }),
    { "all rows": [x(["B", "T"]), indices([3], [2, 0, 1]), indices([3], [1, 2, 0])] },
  ),
  ...rows("ScatterND", scatter("ScatterND"), {
    replaced: [x(["B", 2]), indices([2, 1], [2, 0]), x([2, 2])],
  }),
  ...rows("ScatterND", scatter("ScatterND", { reduction: string("add") }), {
    added: [x(["B", 2]), indices([3, 1], [2, 0, 2]), x([3, 2])],
  }),
  ...rows("TopK", (b, v) => ops.topK(b, v, 2).values, { "": [x(["B", 5])] }),
  ...rows("CumSum", (b, v) => ops.cumSum(b, v, 1), { "": [x(["B", 4])] }),
  ...rows(
    "CumSum",
    (b, v) =>
      b.op("CumSum", [v, ops.scalar(b, 0, "int64")], {
        attributes: { exclusive: int(1), reverse: int(1) },
      }),
    { "exclusive, from the end": [x(["B", 2])] },
  ),
  ...rows("Trilu", (b, v) => ops.trilu(b, v, true, 1), { upper: [x([3, 4])] }),
  ...rows("Trilu", (b, v) => ops.trilu(b, v, false), { lower: [x(["B", 3, 3])] }),
];

/** All rows that are checked in float64. Erf, Gelu and Softplus have no float64 kernels: see float32 tests. */
export const RULE_CASES: readonly RuleCase[] = [
  ...arithmetic,
  ...activations,
  ...reductions,
  ...normalizations,
  ...products,
  ...shapes,
  ...windows,
  ...indexing,
];
