import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { AttributeProto_AttributeType, AttributeProtoSchema, NodeProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { loadEncoder } from "../../src/encoder/load.js";
import { float32, int64, type Tensor } from "../../src/math/tensor.js";
import { decode, encode, type ModelProto } from "../../src/onnx/model.js";
import { fromTensor } from "../../src/onnx/tensor-proto.js";
import { openRuntime } from "../../src/runtime/runtime.js";
import { distance, inFolder, texts, updates } from "../support/encoder-run.js";
import { hasSharedEncoders, sharedEncoder } from "../support/shared-encoders.js";

const FIXTURE = "test/fixtures/encoders/bert-torchscript-14";

/** Adds to each token's embedding that of the token before it: what no packing knows, below every layer. */
function mixTokens(model: ModelProto): ModelProto {
  const graph = model.graph!;
  const at = graph.node.findIndex(
    ({ opType, input }) => opType === "Gather" && input[0].endsWith("word_embeddings.weight"),
  );
  const [words] = graph.node[at].output;
  const constant = (name: string, tensor: Tensor): string => {
    graph.initializer.push(fromTensor(name, tensor));
    return name;
  };
  const bound = (name: string, value: number) => constant(name, int64([1], [value]));
  const cut = (output: string, from: number, to: number) =>
    create(NodeProtoSchema, {
      ...{ opType: "Slice", name: output, output: [output] },
      input: ["words", bound(`${output}/from`, from), bound(`${output}/to`, to), "axis"],
    });
  bound("axis", 1);
  constant("zero", float32([], [0]));
  const node = (opType: string, input: string[], output: string) =>
    create(NodeProtoSchema, { opType, name: `mix/${opType}`, input, output: [output] });
  const axis = create(AttributeProtoSchema, {
    ...{ name: "axis", type: AttributeProto_AttributeType.INT, i: 1n },
  });
  graph.node[at].output = ["words"];
  graph.node.splice(
    at + 1,
    0,
    cut("first", 0, 1),
    cut("others", 0, -1),
    node("Mul", ["first", "zero"], "nothing"),
    { ...node("Concat", ["nothing", "others"], "before"), attribute: [axis] },
    node("Add", ["words", "before"], words),
  );
  return model;
}

/** The written folder's vectors, run as any other model. */
async function vectorsOf(model: string): Promise<Float32Array> {
  const runtime = await openRuntime({ threads: 1 });
  const encoder = await loadEncoder({ model, runtime, maxLength: 16 });
  const { data } = await encoder.encode(texts);
  await encoder.release();
  await runtime.close();
  return data;
}

describe("an encoder that cannot be packed", () => {
  it("trains its last layers, above frozen ones that stay padded as well", async () => {
    const model = inFolder("mixing");
    cpSync(FIXTURE, model, { recursive: true });
    const path = join(model, "onnx/model.onnx");
    writeFileSync(path, encode(mixTokens(decode(readFileSync(path)))));
    const write = inFolder("mixing tuned");
    const last = await updates({ model, tune: "last:1" }, [1, 1], { write });
    const full = await updates({ model, tune: "full" }, [1]);
    expect(last.losses[0]).toBeCloseTo(full.losses[0], 5);
    expect(last.losses[1]).not.toBe(last.losses[0]);
    expect(last.gradNorms.every((norm) => norm > 0)).toBe(true);
    expect(distance(await vectorsOf(write), last.vectors)).toBeLessThan(1e-5);
    // The mixing counts: the model without it starts elsewhere.
    const plain = await updates({ model: FIXTURE, tune: "last:1" }, [1]);
    expect(Math.abs(plain.losses[0] - last.losses[0])).toBeGreaterThan(1e-4);
  });
});

describe.skipIf(!hasSharedEncoders)("a folder in bfloat16 (../shared/encoders)", () => {
  it("trains, and is written in float32", async () => {
    const write = inFolder("bfloat16 tuned");
    const model = sharedEncoder("weights-minilm-bf16");
    const { losses, vectors } = await updates({ model, tune: "full" }, [1, 1], { write });
    expect(losses[1]).not.toBe(losses[0]);
    expect(distance(await vectorsOf(write), vectors)).toBeLessThan(1e-5);
    expect(distance(await vectorsOf(model), vectors)).toBeGreaterThan(1e-3);
  });
});
