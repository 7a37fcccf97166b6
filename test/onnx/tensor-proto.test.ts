import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { type TensorProto, TensorProto_DataLocation, TensorProtoSchema } from "onnx-buf";
import { afterAll, describe, expect, it } from "vitest";
import { float16ToFloat32, halfToNumber } from "../../src/math/float16.js";
import { float32, float64, int64, type Tensor } from "../../src/math/tensor.js";
import { elementType } from "../../src/onnx/element-type.js";
import { folderReader } from "../../src/onnx/external-data.js";
import { fromTensor, toTensor } from "../../src/onnx/tensor-proto.js";

function proto(fields: Partial<TensorProto>): TensorProto {
  return Object.assign(create(TensorProtoSchema, { name: "t", dims: [2n] }), fields);
}

describe("tensors", () => {
  const every: Tensor[] = [
    float32([2], [1, -2]),
    float64([2], [1, -2]),
    int64([2, 1], [1, -2]),
    { dtype: "int32", shape: [2], data: Int32Array.of(1, -2) },
    { dtype: "int8", shape: [2], data: Int8Array.of(1, -2) },
    { dtype: "uint8", shape: [2], data: Uint8Array.of(1, 2) },
    { dtype: "bool", shape: [2], data: Uint8Array.of(0, 1) },
    { dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0xc000) },
    float32([0, 3], []),
  ];

  it.each(every)("$dtype $shape as raw bytes", (tensor) => {
    expect(toTensor(fromTensor("t", tensor))).toEqual(tensor);
  });

  it("reads typed fields", () => {
    const type = (dtype: Tensor["dtype"]) => ({ dataType: elementType(dtype) });
    expect(toTensor(proto({ ...type("float32"), floatData: [1, 2] }))).toEqual(
      float32([2], [1, 2]),
    );
    expect(toTensor(proto({ ...type("float64"), doubleData: [1, 2] }))).toEqual(
      float64([2], [1, 2]),
    );
    expect(toTensor(proto({ ...type("int64"), int64Data: [1n, -2n] }))).toEqual(
      int64([2], [1, -2]),
    );
    const half = toTensor(proto({ ...type("float16"), int32Data: [0x3c00, 0x4000] }));
    expect(half.data).toEqual(Uint16Array.of(0x3c00, 0x4000));
  });

  it("takes aligned bytes as a view and copies others", () => {
    const memory = new Uint8Array(16);
    const at = (offset: number): Tensor =>
      toTensor(proto({ dataType: 1, rawData: memory.subarray(offset, offset + 8) }));
    expect(at(4).data.buffer).toBe(memory.buffer);
    expect(at(3).data.buffer).not.toBe(memory.buffer);
  });

  it.each<[string, Partial<TensorProto>]>([
    ["holds 3 bytes, but its shape needs 8", { dataType: 1, rawData: new Uint8Array(3) }],
    ["holds 1 values, but its shape needs 2", { dataType: 1, floatData: [1] }],
    ["has the element type float8e4m3fn", { dataType: 17 }],
    ["has the element type string", { dataType: 8 }],
    ["has the impossible shape [-1]", { dataType: 1, dims: [-1n] }],
  ])("refuses a tensor that %s", (message, fields) => {
    expect(() => toTensor(proto(fields))).toThrow(`tensor "t" ${message}`);
  });
});

describe("bfloat16", () => {
  it("is read as float32, exactly", () => {
    // 1, −2 and 2^-126, the smallest normal number: the upper halves of their float32 bits.
    const rawData = new Uint8Array(Uint16Array.of(0x3f80, 0xc000, 0x0080).buffer);
    const { dtype, data } = toTensor(proto({ dataType: 16, dims: [3n], rawData }));
    expect(dtype).toBe("float32");
    expect([...data]).toEqual([1, -2, 2 ** -126]);
  });
});

describe("half precision", () => {
  it.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0xc100, -2.5],
    [0x7bff, 65504],
    [0x7c00, Number.POSITIVE_INFINITY],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ])("%i is %d", (bits, value) => {
    expect(halfToNumber(bits)).toBe(value);
    expect(float16ToFloat32(Uint16Array.of(bits))[0]).toBe(value);
  });
});

describe("external data", () => {
  const folder = mkdtempSync(join(tmpdir(), "embtune-external-"));
  writeFileSync(join(folder, "weights.bin"), new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer));
  afterAll(() => rmSync(folder, { recursive: true }));

  function external(entries: Readonly<Record<string, string>>): TensorProto {
    return proto({
      dataType: 1,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: Object.entries(entries).map(([key, value]) => ({
        $typeName: "onnx.StringStringEntryProto",
        key,
        value,
      })),
    });
  }

  it("is read from the folder at its offset", () => {
    const stored = external({ location: "weights.bin", offset: "4", length: "8" });
    expect(toTensor(stored, folderReader(folder))).toEqual(float32([2], [1, 2]));
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ["points outside", { location: "../weights.bin" }],
    ["points outside", { location: "sub/../../weights.bin" }],
    ["points outside", { location: "/etc/passwd" }],
    ["points outside", { location: "..\\weights.bin" }],
    ["points outside", { location: "C:\\weights.bin" }],
    ["points outside", {}],
    ["its shape needs 8 bytes", { location: "weights.bin", length: "4000000000" }],
    ["its shape needs 8 bytes", { location: "weights.bin", offset: "-8" }],
    ['needs 8 bytes at 12 of "weights.bin", got 4', { location: "weights.bin", offset: "12" }],
    ["cannot be read", { location: "missing.bin" }],
  ])("is refused: %s %o", (message, entries) => {
    expect(() => toTensor(external(entries), folderReader(folder))).toThrow(message);
  });

  it("is refused through a link that leads out of the folder", () => {
    const outside = mkdtempSync(join(tmpdir(), "embtune-outside-"));
    writeFileSync(join(outside, "secret.bin"), new Uint8Array(8));
    symlinkSync(join(outside, "secret.bin"), join(folder, "linked.bin"));
    const stored = external({ location: "linked.bin", length: "8" });
    expect(() => toTensor(stored, folderReader(folder))).toThrow("data file is a link to");
    rmSync(outside, { recursive: true });
  });

  it("is read through links to where the model file is a link to as well, as in the hub's cache", () => {
    const blobs = mkdtempSync(join(tmpdir(), "embtune-blobs-"));
    writeFileSync(join(blobs, "0a1b"), new Uint8Array(Float32Array.of(5, 6).buffer));
    writeFileSync(join(blobs, "2c3d"), "model");
    symlinkSync(join(blobs, "0a1b"), join(folder, "model.onnx_data"));
    symlinkSync(join(blobs, "2c3d"), join(folder, "model.onnx"));
    const stored = external({ location: "model.onnx_data", length: "8" });
    const reader = folderReader(folder, join(folder, "model.onnx"));
    expect(toTensor(stored, reader)).toEqual(float32([2], [5, 6]));
    rmSync(blobs, { recursive: true });
  });

  it("without a reader says where it should be", () => {
    expect(() => toTensor(external({ location: "weights.bin" }))).toThrow('in "weights.bin"');
  });
});
