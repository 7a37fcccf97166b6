import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import type { UserError } from "../../src/errors/user-error.js";
import { float32 } from "../../src/math/tensor.js";
import { decode, encode, replaceInitializers } from "../../src/onnx/model.js";
import { toTensor } from "../../src/onnx/tensor-proto.js";

const path = (relative: string): string =>
  fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const MINILM = path("../shared/models/all-MiniLM-L6-v2/onnx/model.onnx");

const bytes = readFileSync(path("test/fixtures/encoders/bert-torchscript-14/onnx/model.onnx"));

function refused(data: Uint8Array): UserError {
  try {
    decode(data, "m.onnx");
  } catch (error) {
    return error as UserError;
  }
  throw new Error("was decoded");
}

describe("codec", () => {
  it("writes what it read, byte for byte, and shares the weights' memory", () => {
    const model = decode(bytes);
    expect(Buffer.compare(encode(model), bytes)).toBe(0);
    const weight = model.graph!.initializer.find((proto) => proto.rawData.length > 4096)!;
    expect(weight.rawData.buffer).toBe(bytes.buffer);
  });

  it("keeps fields that it does not know", () => {
    // Field 2000 of ModelProto, a varint: tag (2000 << 3) as two 7-bit groups, then the value 5.
    const extended = Buffer.concat([bytes, Buffer.from([0x80, 0x7d, 5])]);
    expect(Buffer.compare(encode(decode(extended)), extended)).toBe(0);
  });

  it.each([
    ["cut short", bytes.subarray(0, bytes.length / 2)],
    ["no protobuf", Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:0")],
    ["empty", new Uint8Array()],
    ["zeros", new Uint8Array(100)],
    ["of 3,000,000 empty nodes", emptyNodes(3_000_000)],
  ])("refuses a file that is %s", (_, data) => {
    const error = refused(data);
    expect(error.name).toBe("UserError");
    expect(error.code).toBe("bad-onnx");
    expect(error.at).toEqual({ file: "m.onnx" });
  });
});

/** A model whose graph lists so many nodes of nothing, two bytes each. */
function emptyNodes(count: number): Uint8Array {
  const nodes = Buffer.alloc(2 * count);
  for (let i = 0; i < count; i++) nodes[2 * i] = 0x0a;
  const graph = new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(nodes).finish();
  return Buffer.concat([Buffer.of(0x08, 8), graph, Buffer.of(0x42, 2, 0x10, 17)]);
}

describe("replaceInitializers", () => {
  const name = "m.embeddings.LayerNorm.bias";
  const model = decode(bytes);

  it("changes the named weight and nothing else", () => {
    const values = Float32Array.from({ length: 16 }, (_, i) => i);
    const changed = replaceInitializers(model, new Map([[name, float32([16], values)]]));
    const read = decode(encode(changed)).graph!;
    const found = read.initializer.find((proto) => proto.name === name)!;
    expect(toTensor(found)).toEqual(float32([16], values));
    const original = toTensor(model.graph!.initializer.find((proto) => proto.name === name)!);
    const restored = encode(replaceInitializers(changed, new Map([[name, original]])));
    expect(Buffer.compare(restored, bytes)).toBe(0);
  });

  it("wants the shape, type and name to be there", () => {
    const one = float32([1], [1]);
    expect(() => replaceInitializers(model, new Map([[name, one]]))).toThrow("cannot be replaced");
    expect(() => replaceInitializers(model, new Map([["nowhere", one]]))).toThrow("nowhere");
  });
});

describe.skipIf(!existsSync(MINILM))("all-MiniLM-L6-v2 (needs ../shared/models)", () => {
  it("is written byte for byte", () => {
    const large = readFileSync(MINILM);
    expect(Buffer.compare(encode(decode(large)), large)).toBe(0);
  });
});
