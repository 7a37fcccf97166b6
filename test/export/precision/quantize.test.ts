import { create } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  AttributeProto_AttributeType as Kind,
  type NodeProto,
  NodeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ActivationRanges,
  activationRanges,
} from "../../../src/export/precision/activation-ranges.js";
import { innerReads } from "../../../src/export/precision/inner-graphs.js";
import { quantize } from "../../../src/export/precision/quantize.js";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph } from "../../../src/graph/ir.js";
import { lower } from "../../../src/graph/lower.js";
import { add, gather, matmul } from "../../../src/graph/ops/index.js";
import { createRandom } from "../../../src/math/random.js";
import { float32, int64, type Tensor } from "../../../src/math/tensor.js";
import { elementType } from "../../../src/onnx/element-type.js";
import { encode, type ModelProto } from "../../../src/onnx/model.js";
import { fromTensor, toTensor } from "../../../src/onnx/tensor-proto.js";
import { openRuntime, type Runtime } from "../../../src/runtime/runtime.js";
import { runModel } from "../../support/run-graph.js";

const random = createRandom(11);
const tensor = (shape: readonly number[]): Tensor =>
  float32(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.normal()),
  );

/** Two products of one input, a product of two inputs, and a look-up in a table. */
function model(): ModelProto {
  const b = new GraphBuilder(emptyGraph("quantize"));
  const x = b.named(add(b, b.input("in", "float32", ["B", 24]), b.constant(float32([], [0]))), "x");
  const ids = b.input("ids", "int64", ["B"]);
  const first = matmul(b, x, b.initializer("w1", tensor([24, 16])));
  const second = matmul(b, x, b.initializer("w2", tensor([24, 16])));
  const rows = gather(b, b.initializer("table", tensor([2000, 16])), ids, 0);
  b.output(b.named(add(b, add(b, first, second), rows), "y"));
  b.output(b.named(gather(b, b.initializer("small", tensor([9, 16])), ids, 0), "z"));
  return lower(b.graph);
}

/** An outlier in one channel, as encoders have them. */
const outlier = 7;
const given = tensor([5, 24]);
const feeds = {
  in: float32(
    [5, 24],
    [...given.data].map((x, i) => Number(x) * (i % 24 === outlier ? 60 : 1)),
  ),
  ids: int64([5], [0, 1, 2, 3, 8]),
};

const original = model();
let runtime: Runtime;
let ranges: ActivationRanges;

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
  ranges = await activationRanges(original, runtime, ({ run }) => run(feeds));
});
afterAll(() => runtime.close());

type Level = "disabled" | "all";

async function outputs(proto: ModelProto, level: Level, of: Record<string, Tensor> = feeds) {
  const { y, z } = await runModel(encode(proto), of, level);
  return { y: y.data as Float32Array, z: z.data as Float32Array };
}

/** Of the version before scales along an axis. */
const ofOpset = (version: number): ModelProto => ({
  ...original,
  opsetImport: original.opsetImport.map((one) => ({ ...one, version: BigInt(version) })),
});

describe("activationRanges", () => {
  it("has the smallest and largest number of each channel of what is multiplied by a weight", () => {
    expect([...ranges.keys()]).toEqual(["x"]);
    const { least, most, mean, tokens } = ranges.get("x")!;
    const column = (k: number) =>
      Array.from({ length: 5 }, (_, i) => Number(feeds.in.data[i * 24 + k]));
    expect([...least]).toEqual(Array.from({ length: 24 }, (_, k) => Math.min(...column(k))));
    expect([...most]).toEqual(Array.from({ length: 24 }, (_, k) => Math.max(...column(k))));
    expect(tokens).toBe(5);
    for (let k = 0; k < 24; k++)
      expect(mean[k]).toBeCloseTo(column(k).reduce((sum, x) => sum + x, 0) / 5, 4);
  });
});

describe("activationRanges of numbers that are none", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", async (wrong) => {
    const data = Float32Array.from(feeds.in.data as Float32Array).fill(wrong, 3, 4);
    const measured = activationRanges(original, runtime, ({ run }) =>
      run({ ...feeds, in: float32([5, 24], data) }),
    );
    await expect(measured).rejects.toMatchObject({ code: "not-finite" });
  });
});

/** The model with an If whose branches look up in its table and multiply by one of its weights. */
function branching(): ModelProto {
  const operation = (opType: string, input: string[], output: string): NodeProto =>
    create(NodeProtoSchema, { opType, input, output: [output] });
  const value = (name: string): ValueInfoProto =>
    create(ValueInfoProtoSchema, {
      name,
      type: {
        value: { case: "tensorType", value: { elemType: elementType("float32") } },
      },
    });
  const branch = (name: string, nodes: NodeProto[], result: string): AttributeProto =>
    create(AttributeProtoSchema, {
      name,
      type: Kind.GRAPH,
      g: create(GraphProtoSchema, { name, node: nodes, output: [value(result)] }),
    });
  const choice = create(NodeProtoSchema, {
    opType: "If",
    input: ["chosen"],
    output: ["v"],
    attribute: [
      branch("then_branch", [operation("Gather", ["table", "ids"], "looked")], "looked"),
      branch("else_branch", [operation("MatMul", ["x", "w1"], "mapped")], "mapped"),
    ],
  });
  const chosen = fromTensor("chosen", { dtype: "bool", shape: [], data: Uint8Array.of(1) });
  const graph = original.graph!;
  return {
    ...original,
    graph: {
      ...graph,
      node: [...graph.node, choice],
      initializer: [...graph.initializer, chosen],
      output: [...graph.output, value("v")],
    },
  };
}

describe("quantize of a graph with branches", () => {
  it("leaves them as they are, with the weights that they read, and counts these", async () => {
    const model = branching();
    expect(innerReads(model.graph!)).toBe(2);
    expect(innerReads(original.graph!)).toBe(0);
    const [is, was] = await Promise.all(
      [quantize(model, ranges), model].map((proto) => runModel(encode(proto), feeds, "disabled")),
    );
    expect([...is.v.data]).toEqual([...was.v.data]);
  });
});

describe("quantize", () => {
  it.each(["disabled", "all"] as const)(
    "keeps the results near (optimisations: %s)",
    async (level) => {
      const quantized = quantize(original, ranges);
      const [is, was] = [await outputs(quantized, level), await outputs(original, level)];
      const difference = is.y.reduce((sum, value, i) => sum + (value - was.y[i]) ** 2, 0);
      const relative = Math.sqrt(difference / was.y.reduce((sum, value) => sum + value ** 2, 0));
      expect(relative).toBeGreaterThan(0);
      expect(relative).toBeLessThan(0.02);
      expect([...is.z]).toEqual([...was.z]);
    },
  );

  it("gives a row the same numbers, but for float32's rounding, whatever stands beside it", async () => {
    const quantized = quantize(original, ranges);
    const together = await outputs(quantized, "all");
    for (const row of [0, 3]) {
      const alone = await outputs(quantized, "all", {
        in: float32([1, 24], feeds.in.data.slice(row * 24, row * 24 + 24) as Float32Array),
        ids: int64([1], [Number(feeds.ids.data[row])]),
      });
      const among = together.y.slice(row * 16, row * 16 + 16);
      const worst = Math.max(...alone.y.map((value, i) => Math.abs(value / among[i] - 1)));
      expect(worst).toBeLessThan(2e-6);
    }
  });

  it("moves an outlier's range into the weights", () => {
    const quantized = quantize(original, ranges);
    const value = (name: string): Float32Array =>
      toTensor(quantized.graph!.initializer.find((proto) => proto.name === name)!)
        .data as Float32Array;
    const factor = value("x_smoothing");
    const others = factor.filter((_, k) => k !== outlier);
    expect(factor[outlier]).toBeLessThan(Math.min(...others) / 5);
  });

  it("computes the same in the form for old versions of ONNX", async () => {
    const [now, before] = [20, 12].map((opset) => quantize(ofOpset(opset), ranges));
    const ops = before.graph!.node.map(({ opType }) => opType);
    expect(ops).toContain("MatMulInteger");
    expect(ops).not.toContain("DequantizeLinear");
    const [is, was] = [await outputs(before, "disabled"), await outputs(now, "disabled")];
    const worst = Math.max(...is.y.map((value, i) => Math.abs(value - was.y[i])));
    expect(worst).toBeLessThan(1e-3);
  });

  it("quantises an input once for both of its products, and drops the float weights", () => {
    const { node, initializer } = quantize(original, ranges).graph!;
    const count = (op: string): number => node.filter(({ opType }) => opType === op).length;
    expect([count("QuantizeLinear"), count("DequantizeLinear"), count("MatMul")]).toEqual([
      1, 4, 2,
    ]);
    const names = initializer.map(({ name }) => name);
    expect(names).toContain("table_quantized");
    expect(names).toContain("small");
    for (const name of ["w1", "w2", "table"]) expect(names).not.toContain(name);
  });

  it("leaves the original as it was", () => {
    const before = encode(original);
    quantize(original, ranges);
    expect(encode(original)).toEqual(before);
  });
});

/** Two inputs of very different ranges by one weight, as DeBERTa's tokens and positions are, and a weight that is looked up in too. */
function sharingModel(): ModelProto {
  const b = new GraphBuilder(emptyGraph("sharing"));
  const w = b.initializer("w", tensor([24, 16]));
  const x = b.named(add(b, b.input("in", "float32", ["B", 24]), b.constant(float32([], [0]))), "x");
  const large = b.initializer("large", tensor([2000, 24]));
  const rows = b.named(gather(b, large, b.input("ids", "int64", ["B"]), 0), "rows");
  b.output(b.named(matmul(b, x, w), "y"));
  b.output(b.named(matmul(b, rows, w), "z"));
  const wide = b.named(matmul(b, matmul(b, x, w), b.initializer("up", tensor([16, 2000]))), "wide");
  b.output(b.named(matmul(b, wide, large), "v"));
  return lower(b.graph);
}

describe("quantize of shared weights", () => {
  it.each([20, 12])("keeps the results of every product near, opset %i", async (version) => {
    const made = sharingModel();
    const shared = {
      ...made,
      opsetImport: made.opsetImport.map((one) => ({ ...one, version: BigInt(version) })),
    };
    const measured = await activationRanges(shared, runtime, ({ run }) => run(feeds));
    const [is, was] = await Promise.all(
      [quantize(shared, measured), shared].map((proto) =>
        runModel(encode(proto), feeds, "disabled"),
      ),
    );
    for (const name of ["y", "z", "v"]) {
      const [found, wanted] = [is, was].map((outputs) => outputs[name].data as Float32Array);
      const difference = found.reduce((sum, value, i) => sum + (value - wanted[i]) ** 2, 0);
      const size = wanted.reduce((sum, value) => sum + value ** 2, 0);
      expect(Math.sqrt(difference / size), name).toBeLessThan(0.1);
    }
  });
});
