import { describe, expect, it } from "vitest";
import { quantize } from "../../../src/export/precision/quantize.js";
import { hasIntegerDotProduct } from "../../../src/export/precision/vnni.js";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph } from "../../../src/graph/ir.js";
import { lower } from "../../../src/graph/lower.js";
import { add, gather, matmul } from "../../../src/graph/ops/index.js";
import { createRandom } from "../../../src/math/random.js";
import { float32, int64, type Tensor } from "../../../src/math/tensor.js";
import { encode, type ModelProto } from "../../../src/onnx/model.js";
import { toTensor } from "../../../src/onnx/tensor-proto.js";
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
  const x = b.input("x", "float32", ["B", 24]);
  const ids = b.input("ids", "int64", ["B"]);
  const first = matmul(b, x, b.initializer("w1", tensor([24, 16])));
  const second = matmul(b, x, b.initializer("w2", tensor([24, 16])));
  const rows = gather(b, b.initializer("table", tensor([2000, 16])), ids, 0);
  b.output(b.named(add(b, add(b, first, second), rows), "y"));
  b.output(b.named(gather(b, b.initializer("small", tensor([9, 16])), ids, 0), "z"));
  return lower(b.graph);
}

const feeds = { x: tensor([5, 24]), ids: int64([5], [0, 1, 2, 3, 8]) };

async function outputs(proto: ModelProto): Promise<{ y: Float32Array; z: Float32Array }> {
  const { y, z } = await runModel(encode(proto), feeds, "disabled");
  return { y: y.data as Float32Array, z: z.data as Float32Array };
}

const original = model();

describe("quantize", () => {
  /** Without VNNI, ONNX Runtime's sums of 8-bit products saturate: results of 8-bit weights mean nothing on such a machine. */
  const runs = [hasIntegerDotProduct() ? [8] : [], [7]].flat();

  it.each([
    [8, 127, 0.2],
    [7, 63, 0.4],
  ] as const)("keeps %i-bit weights within ±%i and the results near", async (bits, most, error) => {
    const quantized = quantize(original, { bits });
    const weights = quantized.graph!.initializer.filter(({ name }) => /^w\d_quantized$/.test(name));
    expect(weights).toHaveLength(2);
    for (const proto of weights) {
      const values = [...(toTensor(proto).data as Int8Array)].map(Math.abs);
      expect(Math.max(...values)).toBe(most);
    }
    if (!runs.includes(bits)) return;
    const [is, was] = [await outputs(quantized), await outputs(original)];
    const worst = Math.max(...is.y.map((value, i) => Math.abs(value - was.y[i])));
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(error);
    expect([...is.z]).toEqual([...was.z]);
  });

  it("has a scale for each column whose largest weight it maps to the end of the range", () => {
    const quantized = quantize(original, { bits: 8 });
    const value = (name: string, of: ModelProto): Float32Array =>
      toTensor(of.graph!.initializer.find((proto) => proto.name === name)!).data as Float32Array;
    const w = value("w1", original);
    const scales = value("w1_scale", quantized);
    const largest = Array.from({ length: 16 }, (_, n) =>
      Math.max(...w.filter((_, i) => i % 16 === n).map(Math.abs)),
    );
    expect(Math.max(...largest.map((x, n) => Math.abs(x - 127 * scales[n])))).toBeLessThan(1e-5);
  });

  it("quantises an input once for both of its products, and drops the float weights", () => {
    const { node, initializer } = quantize(original, { bits: 8 }).graph!;
    const count = (op: string): number => node.filter(({ opType }) => opType === op).length;
    expect([count("DynamicQuantizeLinear"), count("MatMulInteger"), count("MatMul")]).toEqual([
      1, 2, 0,
    ]);
    const names = initializer.map(({ name }) => name);
    expect(names).toContain("table_quantized");
    expect(names).toContain("small");
    for (const name of ["w1", "w2", "table"]) expect(names).not.toContain(name);
  });

  it("leaves the original as it was", () => {
    const before = encode(original);
    quantize(original, { bits: 8 });
    expect(encode(original)).toEqual(before);
  });
});
