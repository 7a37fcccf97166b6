import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { halfPrecision } from "../../../src/export/precision/half-precision.js";
import { GraphBuilder } from "../../../src/graph/builder.js";
import { emptyGraph } from "../../../src/graph/ir.js";
import { lower } from "../../../src/graph/lower.js";
import { add, cast, div, matmul, mul, sqrt, sub } from "../../../src/graph/ops/index.js";
import { float32, int64, type Tensor } from "../../../src/math/tensor.js";
import { elementType } from "../../../src/onnx/element-type.js";
import { decode, encode } from "../../../src/onnx/model.js";
import { toTensor } from "../../../src/onnx/tensor-proto.js";
import { runModel } from "../../support/run-graph.js";

describe("halfPrecision", () => {
  it("clamps the mask's constant and keeps LayerNorm's eps above 0, so that nothing is NaN", async () => {
    const b = new GraphBuilder(emptyGraph("half"));
    const x = b.input("x", "float32", ["B", 4]);
    const mask = b.input("mask", "int64", ["B", 4]);
    const one = b.initializer("one", float32([], [1]));
    const low = b.initializer("low", float32([], [-3.4028234663852886e38]));
    const eps = b.initializer("eps", float32([], [1e-12]));
    const zero = b.initializer("zero", float32([4, 1], [0, 0, 0, 0]));
    const masked = add(b, x, mul(b, sub(b, one, cast(b, mask, "float32")), low));
    const variance = matmul(b, x, zero);
    b.output(b.named(div(b, variance, sqrt(b, add(b, variance, eps))), "normed"));
    b.output(b.named(masked, "masked"));
    const model = halfPrecision(lower(b.graph));
    const feeds = {
      x: float32([1, 4], [1, 2, 3, 4]),
      mask: int64([1, 4], [1, 1, 0, 0]),
    };
    const { normed, masked: result } = await runModel(encode(model), feeds);
    expect(normed).toMatchObject({ dtype: "float32" });
    expect([...normed.data]).toEqual([0]);
    expect([...result.data].slice(0, 2)).toEqual([1, 2]);
    expect([...result.data].slice(2).every((x) => Number(x) < -65_000)).toBe(true);
    const types = model.graph!.initializer.map(({ dataType }) => dataType);
    expect(new Set(types)).toEqual(new Set([elementType("float16")]));
  });

  it("computes what becomes a whole number in float32", async () => {
    const b = new GraphBuilder(emptyGraph("bucket"));
    const position = b.input("position", "int64", ["B"]);
    const scale = b.initializer("scale", float32([], [0.1]));
    const bucket = cast(b, mul(b, cast(b, position, "float32"), scale), "int64");
    const other = mul(b, cast(b, bucket, "float32"), scale);
    b.output(b.named(bucket, "bucket"));
    b.output(b.named(other, "other"));
    const model = lower(b.graph);
    const positions = Array.from({ length: 400 }, (_, i) => 1000 + i);
    const feeds = { position: int64([400], positions) };
    const half = await runModel(encode(halfPrecision(model)), feeds);
    const full = await runModel(encode(model), feeds);
    expect([...half.bucket.data]).toEqual([...full.bucket.data]);
    expect(half.other.dtype).toBe("float32");
  });

  it.each([
    "bert-torchscript-11",
    "mpnet-torchscript-14",
    "roberta-dynamo-19",
    "distilbert-sdpa-dynamo-21",
  ])("runs %s near its float32 vectors", async (name) => {
    const folder = `test/fixtures/encoders/${name}`;
    const model = decode(readFileSync(`${folder}/onnx/model.onnx`));
    const reference = JSON.parse(readFileSync(`${folder}/reference.json`, "utf8"));
    const feeds: Record<string, Tensor> = {};
    for (const { name: input } of model.graph!.input) {
      const given = reference.inputs[input];
      if (given !== undefined) feeds[input] = int64(given.shape, given.data);
    }
    const output = "last_hidden_state";
    const full = (await runModel(encode(model), feeds))[output].data as Float32Array;
    const half = (await runModel(encode(halfPrecision(model)), feeds))[output];
    expect(half.dtype).toBe("float32");
    const errors = (half.data as Float32Array).map((x, i) => Math.abs(x - full[i]));
    expect(errors.every(Number.isFinite)).toBe(true);
    expect(Math.max(...errors)).toBeLessThan(0.05);
  });

  it("rounds weights to the nearest half", () => {
    const model = decode(
      readFileSync("test/fixtures/encoders/bert-torchscript-11/onnx/model.onnx"),
    );
    const name = "embeddings.word_embeddings.weight";
    const find = (of: typeof model) =>
      toTensor(of.graph!.initializer.find((proto) => proto.name.endsWith(name))!);
    expect(find(halfPrecision(model)).dtype).toBe("float16");
    expect(find(model).dtype).toBe("float32");
  });
});
