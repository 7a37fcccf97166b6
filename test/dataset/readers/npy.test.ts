import { describe, expect, it } from "vitest";
import { decodeNpy } from "../../../src/dataset/readers/npy.js";
import { npyHeader } from "../../../src/files/npy-header.js";

/** A .npy file as numpy.save writes it. */
function npy(type: string, shape: string, data: ArrayBufferView, order = "False"): Uint8Array {
  const dictionary = `{'descr': '${type}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const text = `${dictionary.padEnd(117, " ")}\n`;
  const head = [0x93, ...Buffer.from("NUMPY"), 1, 0, text.length, 0];
  return Buffer.concat([
    Buffer.from(head),
    Buffer.from(text),
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  ]);
}

describe("decodeNpy", () => {
  it("reads what embtune embed writes", () => {
    const values = Float32Array.of(1, -2.5, 3e-7, 4, 5, 6);
    const bytes = Buffer.concat([npyHeader(2, 3), Buffer.from(values.buffer)]);
    expect(decodeNpy(bytes, "v.npy")).toEqual({ rows: 2, cols: 3, data: values });
  });

  it("reads doubles and halves", () => {
    const doubles = npy("<f8", "(1, 2)", Float64Array.of(0.1, -7));
    expect([...decodeNpy(doubles, "v.npy").data]).toEqual([Math.fround(0.1), -7]);
    const halves = npy("<f2", "(1, 3)", Uint16Array.of(0x3c00, 0xc000, 0x0001));
    expect([...decodeNpy(halves, "v.npy").data]).toEqual([1, -2, 2 ** -24]);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["text", Buffer.from("a,b,c and more text"), /is not a \.npy file/],
    ["an empty file", new Uint8Array(0), /is not a \.npy file/],
    ["one dimension", npy("<f4", "(2,)", Float32Array.of(1, 2)), /matrix of \[rows, columns\]/],
    ["whole numbers", npy("<i8", "(1, 1)", BigInt64Array.of(1n)), /got "<i8"/],
    ["Fortran order", npy("<f4", "(1, 2)", Float32Array.of(1, 2), "True"), /C order/],
    ["a cut file", npy("<f4", "(2, 2)", Float32Array.of(1, 2, 3)), /16 bytes of numbers, got 12/],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeNpy(bytes, "v.npy")).toThrow(message);
  });
});
