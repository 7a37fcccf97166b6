import { create, toBinary } from "@bufbuild/protobuf";
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
} from "onnx-buf";
import { describe, expect, it } from "vitest";
import { decode, encode } from "../../src/onnx/model.js";

/** A model with fields before, between and behind its weights, one of them large. */
function model(bytes: number): ModelProto {
  const tensor = (name: string, size: number) =>
    create(TensorProtoSchema, {
      ...{ name, dataType: 1, dims: [BigInt(size / 4)], docString: "behind the data" },
      rawData: new Uint8Array(size).fill(7),
    });
  return create(ModelProtoSchema, {
    ...{ irVersion: 8n, producerName: "test", docString: "", domain: "d" },
    opsetImport: [{ domain: "", version: 17n }],
    metadataProps: [{ key: "a", value: "b" }],
    graph: create(GraphProtoSchema, {
      name: "graph",
      node: [create(NodeProtoSchema, { opType: "Add", input: ["x", "w"], output: ["y"] })],
      initializer: [tensor("w", bytes), tensor("small", 8), tensor("v", bytes)],
      docString: "doc",
      input: [{ name: "x" }],
      output: [{ name: "y" }],
    }),
  });
}

describe("encode", () => {
  it.each([8, 65_532, 65_536, 300_000])(
    "gives protobuf's own bytes with weights of %i bytes",
    (size) => {
      const one = model(size);
      const own = toBinary(ModelProtoSchema, one);
      expect(Buffer.compare(encode(one), own)).toBe(0);
      expect(Buffer.compare(encode(decode(own)), own)).toBe(0);
      const graph = one.graph!;
      expect(Buffer.compare(encode({ ...one, graph: { ...graph } }), own)).toBe(0);
    },
  );

  it("keeps fields that are not known, at each level", () => {
    const unknown = Uint8Array.of(0x80, 0x7d, 5);
    const whole = Buffer.concat([toBinary(ModelProtoSchema, model(70_000)), unknown]);
    expect(Buffer.compare(encode(decode(whole)), whole)).toBe(0);
  });
});
