import { describe, expect, it } from "vitest";
import { GraphBuilder, type OpOptions } from "../../src/graph/builder.js";
import { evaluateDim, isUnknown } from "../../src/graph/dimension.js";
import { inferTypes, OPERATORS, operatorKey } from "../../src/graph/inference.js";
import { emptyGraph, float, int, ints, type Shape, type Value } from "../../src/graph/ir.js";
import { type DType, float32, int64, sizeOf, type Tensor } from "../../src/math/tensor.js";
import { elementType } from "../../src/onnx/element-type.js";
import { runGraph } from "../support/run-graph.js";

const SIZES = { B: 3, T: 5, D: 4, N: 2 };

/** What a case writes with: inputs of the tested float type, and nodes. */
class Writer {
  readonly b = new GraphBuilder(emptyGraph("case"));
  readonly dtype: DType;

  constructor(dtype: DType) {
    this.dtype = dtype;
  }

  /** An input of the tested type. */
  x(...shape: Shape): Value {
    return this.b.input(`x${this.b.graph.inputs.length}`, this.dtype, shape);
  }

  of(dtype: DType, ...shape: Shape): Value {
    return this.b.input(`x${this.b.graph.inputs.length}`, dtype, shape);
  }

  ints(...values: number[]): Value {
    return this.b.constant(int64([values.length], values));
  }

  int(value: number): Value {
    return this.b.constant(int64([], [value]));
  }

  op(op: string, inputs: readonly (Value | null)[], options: OpOptions = {}): Value[] {
    return this.b.multi(op, inputs, options);
  }
}

type Case = readonly [name: string, write: (w: Writer) => Value[]];

const attribute = (name: string, value: number): OpOptions => ({
  attributes: { [name]: int(value) },
});

const unary = (op: string): Case => [op, (w) => w.op(op, [w.x("B", "T", 4)])];

const binary = (op: string): Case => [op, (w) => w.op(op, [w.x("B", 1, "D"), w.x("T", "D")])];

const logical = (op: string): Case => [
  op,
  (w) => w.op(op, [w.of("bool", "B", 1), w.of("bool", "T")]),
];

const reduction = (op: string): Case[] => [
  [op, (w) => w.op(op, [w.x("B", "T", 4), w.ints(-1, 0)], attribute("keepdims", 0))],
  [op, (w) => w.op(op, [w.x("B", "T", 4), w.ints(1)])],
  [op, (w) => w.op(op, [w.x("B", "T", 4)], attribute("keepdims", 0))],
];

const ONE_OPERAND =
  "Neg Abs Sign Exp Log Sqrt Reciprocal Floor Ceil Round Sin Cos Sigmoid Tanh Relu Identity IsNaN " +
  "Softmax LogSoftmax Size Erf Gelu Softplus";

const CASES: readonly Case[] = [
  ...ONE_OPERAND.split(" ").map(unary),
  ...["Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Equal"].map(binary),
  ...["Less", "LessOrEqual", "Greater", "GreaterOrEqual"].map(binary),
  ...["And", "Or", "Xor"].map(logical),
  ...["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceProd"].flatMap(reduction),
  ...["ReduceL2", "ReduceSumSquare"].flatMap(reduction),
  ["Mod", (w) => w.op("Mod", [w.of("int64", "B", "T"), w.int(3)])],
  ["Not", (w) => w.op("Not", [w.of("bool", "B")])],
  ["embtune:StopGradient", (w) => w.op("StopGradient", [w.x("B", 2)], { domain: "embtune" })],
  ["embtune:Dropout", (w) => w.op("Dropout", [w.x("B", 2)], { domain: "embtune" })],
  [
    "embtune:WithSlope",
    (w) => w.op("WithSlope", [w.x("B", 2), w.x("B", 2), w.x("B", 2)], { domain: "embtune" }),
  ],
  [
    "embtune:GatherRows",
    (w) =>
      w.op("GatherRows", [w.x(6, "D"), w.of("int64", "B", "T"), w.of("int64", 6)], {
        domain: "embtune",
      }),
  ],
  ["Clip", (w) => w.op("Clip", [w.x("B", 4), w.x(), null])],
  ["Where", (w) => w.op("Where", [w.of("bool", "B", 1), w.x("T"), w.x()])],
  ["Cast", (w) => w.op("Cast", [w.x("B", 2)], attribute("to", elementType("int64")))],
  ["CastLike", (w) => w.op("CastLike", [w.of("int64", "B"), w.x()])],
  ["ArgMax", (w) => w.op("ArgMax", [w.x("B", "T", 4)], attribute("axis", -1))],
  [
    "ArgMin",
    (w) => w.op("ArgMin", [w.x("B", "T")], { attributes: { axis: int(1), keepdims: int(0) } }),
  ],
  ["TopK", (w) => w.op("TopK", [w.x("B", "T"), w.ints(2)], { outputs: 2 })],
  ["CumSum", (w) => w.op("CumSum", [w.x("B", "T"), w.int(1)])],
  ["LayerNormalization", (w) => w.op("LayerNormalization", [w.x("B", "T", 4), w.x(4), w.x(4)])],
  [
    "LayerNormalization",
    (w) =>
      w.op("LayerNormalization", [w.x("B", "T", 4), w.x(4), w.x(4)], {
        attributes: { axis: int(-1), epsilon: float(1e-5) },
        outputs: 3,
      }),
  ],
  ["Shape", (w) => w.op("Shape", [w.x("B", "T", 4)])],
  [
    "Shape",
    (w) => w.op("Shape", [w.x("B", "T", 4)], { attributes: { start: int(-2), end: int(-1) } }),
  ],
  ["Reshape", (w) => w.op("Reshape", [w.x("B", "T", 4), w.ints(0, -1, 2, 2)])],
  ["Reshape", (w) => w.op("Reshape", [w.x("B", "T", 4), w.ints(-1, 4)])],
  ["Reshape", (w) => w.op("Reshape", [w.x("B", "T", 4), w.ints(-1, 2)])],
  ["Reshape", (w) => w.op("Reshape", [w.x("B", "T", 4), w.ints(-1)])],
  [
    "Reshape",
    (w) => {
      const x = w.x("B", "T", 4);
      const shape = w.op("Shape", [x]);
      const [batch] = w.op("Gather", [shape[0], w.int(0)]);
      const [first] = w.op("Unsqueeze", [batch, w.ints(0)]);
      const wanted = w.op("Concat", [first, w.ints(-1, 2, 2)], attribute("axis", 0));
      return w.op("Reshape", [x, wanted[0]]);
    },
  ],
  ["Expand", (w) => w.op("Expand", [w.x("B", 1, 4), w.ints(1, 3, 1)])],
  ["Expand", (w) => w.op("Expand", [w.x("T", 1), w.op("Shape", [w.x("B", 1, "D")])[0]])],
  [
    "ConstantOfShape",
    (w) =>
      w.op("ConstantOfShape", w.op("Shape", [w.x("B", 4)]), {
        attributes: { value: { kind: "tensor", value: int64([1], [1]) } },
      }),
  ],
  ["ConstantOfShape", (w) => w.op("ConstantOfShape", w.op("Shape", [w.x("B", 4)]))],
  [
    "Constant",
    (w) => {
      const value = { kind: "tensor", value: float32([2], [1, 2]) } as const;
      return w.op("Constant", [], { attributes: { value } });
    },
  ],
  [
    "Transpose",
    (w) => w.op("Transpose", [w.x("B", "T", 4)], { attributes: { perm: ints([1, 0, 2]) } }),
  ],
  ["Transpose", (w) => w.op("Transpose", [w.x("B", "T", 4)])],
  [
    "Concat",
    (w) => w.op("Concat", [w.x("B", "T"), w.x("B", 2), w.x("B", "T")], attribute("axis", 1)),
  ],
  [
    "Split",
    (w) => w.op("Split", [w.x("B", 4), w.ints(1, 3)], { ...attribute("axis", 1), outputs: 2 }),
  ],
  [
    "Split",
    (w) =>
      w.op("Split", [w.x("B", 5)], {
        attributes: { axis: int(1), num_outputs: int(3) },
        outputs: 3,
      }),
  ],
  ["Unsqueeze", (w) => w.op("Unsqueeze", [w.x("B", "T"), w.ints(-1, 0)])],
  ["Squeeze", (w) => w.op("Squeeze", [w.x("B", 1, "T", 1), w.ints(1, -1)])],
  ["Squeeze", (w) => w.op("Squeeze", [w.x(3, 1, 2)])],
  ["Range", (w) => w.op("Range", [w.int(2), w.int(11), w.int(3)])],
  [
    "Range",
    (w) => {
      const [n] = w.op("Squeeze", [w.op("Shape", [w.x("T")])[0], w.ints(0)]);
      return w.op("Range", [w.int(0), n, w.int(1)]);
    },
  ],
  ["Range", (w) => w.op("Range", [w.int(0), w.of("int64"), w.int(1)])],
  ["Tile", (w) => w.op("Tile", [w.x("B", 2), w.ints(2, 3)])],
  ["EyeLike", (w) => w.op("EyeLike", [w.x("B", "B")], attribute("dtype", elementType("float32")))],
  ["Pad", (w) => w.op("Pad", [w.x("B", 4), w.ints(0, 1, 0, 2)])],
  ["Flatten", (w) => w.op("Flatten", [w.x("B", "T", 4)], attribute("axis", 2))],
  ["Gather", (w) => w.op("Gather", [w.x(6, "D"), w.of("int64", "B", "T")])],
  ["Gather", (w) => w.op("Gather", [w.x("B", "T", 4), w.int(0)], attribute("axis", 1))],
  [
    "GatherElements",
    (w) => w.op("GatherElements", [w.x("B", 4), w.of("int64", "B", "N")], attribute("axis", 1)),
  ],
  ["GatherND", (w) => w.op("GatherND", [w.x("B", "T", 4), w.of("int64", "N", 2)])],
  [
    "ScatterElements",
    (w) =>
      w.op(
        "ScatterElements",
        [w.x("B", 4), w.of("int64", "B", 1), w.x("B", 1)],
        attribute("axis", 1),
      ),
  ],
  ["ScatterND", (w) => w.op("ScatterND", [w.x("B", 4), w.of("int64", 1, 1), w.x(1, 4)])],
  ["Slice", (w) => w.op("Slice", [w.x("B", "T", 4), w.ints(1), w.ints(2 ** 31 - 1), w.ints(1)])],
  ["Slice", (w) => w.op("Slice", [w.x("B", "T", 4), w.ints(0), w.ints(-1), w.ints(1)])],
  [
    "Slice",
    (w) =>
      w.op("Slice", [w.x("B", "T", 4), w.ints(3, 0), w.ints(-9, 1), w.ints(2, 0), w.ints(-2, 1)]),
  ],
  [
    "Slice",
    (w) => w.op("Slice", [w.x(2, 512), w.ints(0), w.op("Shape", [w.x("T")])[0], w.ints(1)]),
  ],
  ["Trilu", (w) => w.op("Trilu", [w.x("B", "T"), w.int(1)], attribute("upper", 0))],
  ["NonZero", (w) => w.op("NonZero", [w.x("B", "T")])],
  ["OneHot", (w) => w.op("OneHot", [w.of("int64", "B", "T"), w.ints(7), w.x(2)])],
  ["MatMul", (w) => w.op("MatMul", [w.x("B", "T", 4), w.x(4, "N")])],
  ["MatMul", (w) => w.op("MatMul", [w.x(1, "T", 4), w.x("B", 4, "T")])],
  ["MatMul", (w) => w.op("MatMul", [w.x(4), w.x("B", 4, "T")])],
  [
    "Gemm",
    (w) =>
      w.op("Gemm", [w.x(4, "B"), w.x("N", 4), w.x("N")], {
        attributes: { transA: int(1), transB: int(1) },
      }),
  ],
];

/** Operators that ONNX Runtime has no float64 kernel for. */
const FLOAT32_ONLY = ["Erf", "Gelu", "Softplus", "NonZero", "OneHot"];

function feed(value: Value): Tensor {
  const shape = value.shape.map((dim) => evaluateDim(dim, SIZES)!);
  const size = sizeOf(shape);
  if (value.dtype === "int64")
    return int64(
      shape,
      Array.from({ length: size }, (_, i) => i % 2),
    );
  if (value.dtype === "bool") {
    return { dtype: "bool", shape, data: Uint8Array.from({ length: size }, (_, i) => i % 2) };
  }
  const numbers = Array.from({ length: size }, (_, i) => 0.1 + i / 10);
  const data = value.dtype === "float64" ? Float64Array.from(numbers) : Float32Array.from(numbers);
  return { dtype: value.dtype, shape, data };
}

/** The inferred shape with sizes put in; what inference could not name is taken from the actual one. */
function resolved(shape: Shape, actual: readonly number[]): (number | undefined)[] {
  return shape.map((dim, i) => (isUnknown(dim) ? actual[i] : evaluateDim(dim, SIZES)));
}

async function check([, write]: Case, dtype: DType): Promise<void> {
  const w = new Writer(dtype);
  const outputs = write(w);
  const graph = w.b.graph;
  // What is computed from shapes is given out too, so that its known elements can be compared.
  const known = [...graph.contents.keys()].filter(
    (name) => graph.types.get(name)?.dtype === "int64",
  );
  const feeds = Object.fromEntries(graph.inputs.map((value) => [value.name, feed(value)]));
  const names = [...new Set([...outputs.map((value) => value.name), ...known])];
  const results = await runGraph(graph, feeds, names);
  for (const value of outputs) {
    const actual = results[value.name];
    expect(value.dtype).toBe(actual.dtype);
    expect(resolved(value.shape, actual.shape)).toEqual(actual.shape);
  }
  for (const name of known) {
    const expected = graph.contents.get(name)!.map((dim) => evaluateDim(dim, SIZES));
    expect(expected).toEqual(Array.from(results[name].data, Number));
  }
}

describe("inference agrees with ONNX Runtime", () => {
  it.each(CASES)("%s", async (...operator) => {
    await check(operator, "float32");
    if (!FLOAT32_ONLY.includes(operator[0])) await check(operator, "float64");
  });

  it("the table covers every operator", () => {
    expect([...new Set(CASES.map(([name]) => name))].sort()).toEqual([...OPERATORS].sort());
  });
});

describe("named dimensions", () => {
  it.each<[string, Shape, Shape]>([
    ["[0, -1, 2, 2]", [0, -1, 2, 2], ["B", "T", 2, 2]],
    ["[-1, 4]", [-1, 4], ["B*T", 4]],
    ["[-1, 2]", [-1, 2], ["2*B*T", 2]],
  ])("Reshape of [B, T, 4] to %s", (_, wanted, expected) => {
    const w = new Writer("float32");
    const [out] = w.op("Reshape", [w.x("B", "T", 4), w.ints(...(wanted as number[]))]);
    expect(out.shape).toEqual(expected);
  });

  it("broadcasting prefers numbers to names and names to unknown sizes", () => {
    const w = new Writer("float32");
    const n = w.op("Range", [w.int(0), w.of("int64"), w.int(1)]);
    const [x] = w.op("Cast", n, attribute("to", elementType("float32")));
    expect(isUnknown(x.shape[0])).toBe(true);
    expect(w.op("Add", [x, w.x("B")])[0].shape).toEqual(["B"]);
    expect(w.op("Add", [w.x("B"), w.x(8)])[0].shape).toEqual([8]);
  });
});

describe("faults", () => {
  const faulty: Case[] = [
    ["Add", (w) => w.op("Add", [w.x(3), w.x(4)])],
    ["Add", (w) => w.op("Add", [w.x(3), w.of("int64", 3)])],
    ["MatMul", (w) => w.op("MatMul", [w.x(2, 3), w.x(4, 2)])],
    ["Transpose", (w) => w.op("Transpose", [w.x(2, 3)], { attributes: { perm: ints([0, 0]) } })],
    ["Softplux", (w) => w.op("Softplux", [w.x(2)])],
  ];
  it.each(faulty)("%s is named with its node", (op, write) => {
    expect(() => write(new Writer("float32"))).toThrow(new RegExp(`^${op} "${op}_`));
  });

  it("an unknown domain is no operator", () => {
    const node = {
      op: "Add",
      domain: "other",
      name: "n",
      inputs: [],
      outputs: ["y"],
      attributes: {},
    };
    expect(operatorKey(node)).toBe("other:Add");
    expect(() => inferTypes(node, emptyGraph("g"))).toThrow("not supported");
  });
});
