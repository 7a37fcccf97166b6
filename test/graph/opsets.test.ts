import { create } from "@bufbuild/protobuf";
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from "onnx-buf";
import { describe, expect, it } from "vitest";
import type { UserError } from "../../src/errors/user-error.js";
import { importModel, importProbed } from "../../src/graph/import.js";
import { float, int, ints, string, type TensorType } from "../../src/graph/ir.js";
import { verify } from "../../src/graph/verify.js";
import { float32, int64, sizeOf, type Tensor } from "../../src/math/tensor.js";
import { elementType } from "../../src/onnx/element-type.js";
import { encode } from "../../src/onnx/model.js";
import { type WrittenModel, writeModel } from "../support/onnx-model.js";
import { runGraph, runModel } from "../support/run-graph.js";

const X: TensorType = { dtype: "float32", shape: ["B", 4, 1] };
const IDS: TensorType = { dtype: "int64", shape: ["batch", "sequence"] };

const x = float32(
  [3, 4, 1],
  Array.from({ length: 12 }, (_, i) => Math.sin(i)),
);

/** Old and odd forms of operators, each computing y from x. */
const FORMS: Readonly<Record<string, Omit<WrittenModel, "inputs" | "outputs">>> = {
  "axes as attributes before opset 13": {
    opset: 11,
    nodes: [
      { op: "Squeeze", inputs: ["x"], outputs: ["s"], attributes: { axes: ints([2]) } },
      {
        op: "ReduceSum",
        inputs: ["s"],
        outputs: ["r"],
        attributes: { axes: ints([1]), keepdims: int(1) },
      },
      { op: "Unsqueeze", inputs: ["r"], outputs: ["y"], attributes: { axes: ints([0]) } },
    ],
  },
  "ReduceMean axes as attribute before opset 18": {
    opset: 17,
    nodes: [{ op: "ReduceMean", inputs: ["x"], outputs: ["y"], attributes: { axes: ints([1]) } }],
  },
  "softmax of opset 12 over the last axis": {
    opset: 12,
    nodes: [
      { op: "Transpose", inputs: ["x"], outputs: ["t"], attributes: { perm: ints([0, 2, 1]) } },
      { op: "Softmax", inputs: ["t"], outputs: ["y"], attributes: { axis: int(2) } },
    ],
  },
  "split sizes as attribute": {
    opset: 11,
    nodes: [
      {
        op: "Split",
        inputs: ["x"],
        outputs: ["a", "b"],
        attributes: { axis: int(1), split: ints([1, 3]) },
      },
      { op: "Mul", inputs: ["a", "b"], outputs: ["y"] },
    ],
  },
  "split into equal parts": {
    opset: 13,
    nodes: [
      { op: "Split", inputs: ["x"], outputs: ["a", "b"], attributes: { axis: int(1) } },
      { op: "Sub", inputs: ["a", "b"], outputs: ["y"] },
    ],
  },
  "dropout and identity": {
    opset: 13,
    nodes: [
      { op: "Dropout", inputs: ["x"], outputs: ["d", "mask"] },
      { op: "Identity", inputs: ["d"], outputs: ["i"] },
      { op: "Exp", inputs: ["i"], outputs: ["e"] },
      { op: "Identity", inputs: ["e"], outputs: ["y"] },
    ],
  },
  "constants in nodes and a weight shared through Identity": {
    opset: 14,
    initializers: { w: float32([4, 1], [1, 2, 3, 4]) },
    nodes: [
      { op: "Identity", inputs: ["w"], outputs: ["tied"] },
      { op: "Constant", inputs: [], outputs: ["two"], attributes: { value_float: float(2) } },
      { op: "Mul", inputs: ["x", "tied"], outputs: ["m"] },
      { op: "Pow", inputs: ["m", "two"], outputs: ["y"] },
    ],
  },
  "sums and minima of several operands": {
    opset: 13,
    initializers: { one: float32([], [1]), half: float32([], [0.5]) },
    nodes: [
      { op: "Sum", inputs: ["x", "one", "half"], outputs: ["s"] },
      { op: "Min", inputs: ["s", "one", "x"], outputs: ["m"] },
      { op: "Max", inputs: ["m"], outputs: ["y0"] },
      { op: "Neg", inputs: ["y0"], outputs: ["y"] },
    ],
  },
  "clip, pad and slice with inputs": {
    opset: 11,
    initializers: {
      low: float32([], [-0.5]),
      pads: int64([6], [0, 1, 0, 0, 0, 0]),
      from: int64([1], [1]),
      to: int64([1], [3]),
      axis: int64([1], [1]),
    },
    nodes: [
      { op: "Clip", inputs: ["x", "low"], outputs: ["c"] },
      {
        op: "Pad",
        inputs: ["c", "pads"],
        outputs: ["p"],
        attributes: { mode: string("constant") },
      },
      { op: "Slice", inputs: ["p", "from", "to", "axis"], outputs: ["y"] },
    ],
  },
  "shape arithmetic": {
    opset: 14,
    initializers: { zero: int64([], [0]), rest: int64([1], [-1]), first: int64([1], [0]) },
    nodes: [
      { op: "Shape", inputs: ["x"], outputs: ["shape"] },
      { op: "Gather", inputs: ["shape", "zero"], outputs: ["batch"] },
      { op: "Unsqueeze", inputs: ["batch", "first"], outputs: ["b1"] },
      { op: "Concat", inputs: ["b1", "rest"], outputs: ["wanted"], attributes: { axis: int(0) } },
      { op: "Reshape", inputs: ["x", "wanted"], outputs: ["y"] },
    ],
  },
};

describe("older forms compute the same", () => {
  it.each(Object.entries(FORMS))("%s", async (_, form) => {
    const model = writeModel({ ...form, inputs: { x: X }, outputs: ["y"] });
    const graph = importModel(model);
    expect(verify(graph)).toEqual([]);
    const [ours, theirs] = [await runGraph(graph, { x }), await runModel(encode(model), { x })];
    expect(ours.y).toEqual(theirs.y);
  });

  it("shape arithmetic without unknowns is folded away", () => {
    const form = FORMS["shape arithmetic"];
    const fixed: TensorType = { dtype: "float32", shape: [3, 4, 1] };
    const graph = importModel(writeModel({ ...form, inputs: { x: fixed }, outputs: ["y"] }));
    expect(graph.nodes.map((node) => node.op)).toEqual(["Reshape"]);
    expect(graph.types.get("y")?.shape).toEqual([3, 4]);
  });

  it("initializers that are listed as inputs are no inputs", () => {
    const nodes = [{ op: "Mul", inputs: ["x", "w"], outputs: ["y"] }];
    const w = float32([4, 1], [1, 2, 3, 4]);
    const weight: TensorType = { dtype: "float32", shape: [4, 1] };
    const inputs = { x: X, w: weight };
    const graph = importModel(
      writeModel({ opset: 11, nodes, inputs, initializers: { w }, outputs: ["y"] }),
    );
    expect(graph.inputs.map((value) => value.name)).toEqual(["x"]);
    expect(graph.initializers.get("w")).toEqual(w);
  });
});

describe("half precision", () => {
  it("is widened to float32: weights, constants, casts, inputs", async () => {
    const half = (shape: number[], bits: number[]): Tensor => ({
      dtype: "float16",
      shape,
      data: Uint16Array.from(bits),
    });
    const model = writeModel({
      opset: 14,
      inputs: { x: { dtype: "float32", shape: ["B", 2] } },
      initializers: { w: half([2], [0x3c00, 0xc100]) },
      nodes: [
        {
          op: "Cast",
          inputs: ["x"],
          outputs: ["h"],
          attributes: { to: int(elementType("float16")) },
        },
        {
          op: "Constant",
          inputs: [],
          outputs: ["c"],
          attributes: { value: { kind: "tensor", value: half([], [0x3800]) } },
        },
        { op: "Mul", inputs: ["h", "w"], outputs: ["m"] },
        { op: "Add", inputs: ["m", "c"], outputs: ["s"] },
        {
          op: "Cast",
          inputs: ["s"],
          outputs: ["y"],
          attributes: { to: int(elementType("float32")) },
        },
      ],
      outputs: ["y"],
    });
    const graph = importModel(model);
    expect(verify(graph)).toEqual([]);
    const result = await runGraph(graph, { x: float32([1, 2], [2, 4]) });
    expect(result.y).toEqual(float32([1, 2], [2.5, -9.5]));
  });
});

describe("external data", () => {
  const model = writeModel({
    opset: 14,
    inputs: { x: X },
    initializers: { w: float32([4, 1], [1, 2, 3, 4]) },
    nodes: [{ op: "Mul", inputs: ["x", "w"], outputs: ["y"] }],
    outputs: ["y"],
  });
  const [weight] = model.graph!.initializer;
  const bytes = weight.rawData;
  weight.rawData = new Uint8Array();
  weight.dataLocation = TensorProto_DataLocation.EXTERNAL;
  const location = { key: "location", value: "weights/model.onnx_data" };
  weight.externalData = [create(StringStringEntryProtoSchema, location)];

  it("is asked for by place and size", async () => {
    const asked: unknown[] = [];
    const external = (...place: unknown[]): Uint8Array => {
      asked.push(place);
      return bytes;
    };
    const graph = importModel(model, { external });
    expect(asked).toEqual([["weights/model.onnx_data", 0, 16]]);
    expect((await runGraph(graph, { x })).y.data[1]).toBeCloseTo(2 * Math.sin(1), 6);
  });

  it("without a reader is an error that names the tensor and the file", () => {
    expect(() => importModel(model)).toThrow('tensor "w" is stored outside the model');
  });
});

describe("probing", () => {
  /** Positions of the ones of a mask, as vectors: neither size nor rank can be known from the graph alone. */
  const model = writeModel({
    opset: 14,
    inputs: { ids: IDS },
    nodes: [
      { op: "NonZero", inputs: ["ids"], outputs: ["at"] },
      { op: "Unsqueeze", inputs: ["at", "axis"], outputs: ["wide"] },
      { op: "Squeeze", inputs: ["wide"], outputs: ["back"] },
      { op: "Shape", inputs: ["back"], outputs: ["shape"] },
      { op: "Expand", inputs: ["one", "shape"], outputs: ["ones"] },
      { op: "Mul", inputs: ["back", "ones"], outputs: ["y"] },
    ],
    initializers: { axis: int64([1], [0]), one: int64([], [1]) },
    outputs: ["y"],
  });

  it("names ranks and dimensions by running at two sizes", async () => {
    const graph = await importProbed(model, runModel);
    expect(graph.types.get("y")?.shape).toEqual([2, "B*T"]);
    expect(verify(graph).filter((violation) => violation.rule !== "type")).toEqual([]);
  });

  it("without it, an unknown rank is an error that names the node", () => {
    expect(() => importModel(model, { file: "m.onnx" })).toThrow(/Squeeze "Squeeze#2"/);
  });

  it("is not done where inference suffices", async () => {
    const nodes = [{ op: "Neg", inputs: ["ids"], outputs: ["y"] }];
    const plain = writeModel({ opset: 14, inputs: { ids: IDS }, nodes, outputs: ["y"] });
    const graph = await importProbed(plain, () => Promise.reject(new Error("was run")));
    expect(graph.types.get("y")?.shape).toEqual(["B", "T"]);
  });
});

describe("what is refused", () => {
  const refused = (node: WrittenModel["nodes"][number], opset = 14): UserError => {
    try {
      importModel(writeModel({ opset, inputs: { x: X }, nodes: [node], outputs: ["y"] }), {
        file: "m.onnx",
      });
    } catch (error) {
      return error as UserError;
    }
    throw new Error("nothing was refused");
  };

  it.each([
    ["DynamicQuantizeLinear", "the model is quantised"],
    ["MatMulInteger", "the model is quantised"],
    ["If", "which of its branches is taken depends on the texts"],
    ["Loop", "the operator is not supported"],
    ["Einsum", "the operator is not supported"],
  ])("%s, by operator and node", (op, problem) => {
    const error = refused({ op, name: "layer/0", inputs: ["x"], outputs: ["y"] });
    expect(error.message).toBe(`${op} "layer/0": ${problem}`);
    expect(error.code).toBe("unsupported-operator");
    expect(error.at).toEqual({ file: "m.onnx" });
    expect(error.hint).toMatch(/onnx\/model.onnx|without optimisation|dynamo=True/);
  });

  it("an operator of another domain", () => {
    const node = {
      op: "LongformerAttention",
      domain: "com.microsoft",
      name: "a",
      inputs: ["x"],
      outputs: ["y"],
    };
    expect(refused(node).message).toBe(
      'com.microsoft.LongformerAttention "a": the operator is not supported',
    );
  });

  it("softmax of opset 12 over several axes", () => {
    const node = { op: "Softmax", name: "s", inputs: ["x"], outputs: ["y"] };
    expect(refused(node, 12).message).toContain('Softmax "s": opset 12 softmax over several axes');
  });

  it("a dropout whose mask is used", () => {
    const node = { op: "Dropout", name: "d", inputs: ["x"], outputs: ["z", "y"] };
    expect(refused(node).message).toBe('Dropout "d": its mask is used');
  });

  it("an opset that is too old", () => {
    const node = { op: "Neg", inputs: ["x"], outputs: ["y"] };
    expect(refused(node, 9).message).toBe("the model uses opset 9, expected 11 to 23");
  });

  it("shapes that do not fit, by node", () => {
    const model: WrittenModel = {
      opset: 14,
      inputs: { x: X },
      initializers: {
        w: float32(
          [5, 3],
          Array.from({ length: sizeOf([5, 3]) }, () => 0),
        ),
      },
      nodes: [{ op: "MatMul", name: "bad", inputs: ["x", "w"], outputs: ["y"] }],
      outputs: ["y"],
    };
    expect(() => importModel(writeModel(model))).toThrow(/MatMul "bad": inner dimensions 1 and 5/);
  });
});
