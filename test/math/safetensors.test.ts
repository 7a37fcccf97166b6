import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/errors/user-error.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/math/safetensors.js";
import { bool, float32, float64, int64, type Tensor } from "../../src/math/tensor.js";

const join = (chunks: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(chunks));

const tensors = new Map<string, Tensor>([
  ["weight", float32([2, 3], [1, 2, 3, 4, 5, -0])],
  ["moment", float64([2], [1e-300, Math.PI])],
  ["steps", int64([], [7])],
  ["flags", bool([3], [true, false, true])],
  ["empty", float32([0, 4], [])],
]);

describe("safetensors", () => {
  it("reads back what it wrote", () => {
    const bytes = join(encodeSafetensors({ tensors, metadata: { format: "pt" } }));
    const file = decodeSafetensors(bytes, "x.safetensors");
    expect([...file.tensors]).toEqual([...tensors]);
    expect(file.metadata).toEqual({ format: "pt" });
  });

  it("reads a Buffer, which shares memory when sliced", () => {
    const bytes = Buffer.concat(encodeSafetensors({ tensors, metadata: {} }));
    expect([...decodeSafetensors(bytes, "x").tensors]).toEqual([...tensors]);
  });

  it("reads the layout of the specification", () => {
    const header = '{"a":{"dtype":"I32","shape":[1,2],"data_offsets":[0,8]}}';
    const bytes = new Uint8Array(8 + header.length + 8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(new TextEncoder().encode(header), 8);
    bytes.set([1, 0, 0, 0, 255, 255, 255, 255], 8 + header.length);
    const { tensors: read } = decodeSafetensors(bytes, "x");
    expect(read.get("a")).toEqual({ dtype: "int32", shape: [1, 2], data: Int32Array.of(1, -1) });
  });

  it("refuses truncated files, naming the file", () => {
    const bytes = join(encodeSafetensors({ tensors, metadata: {} }));
    for (const length of [0, 7, 20, bytes.length - 1]) {
      expect(() => decodeSafetensors(bytes.subarray(0, length), "ck.safetensors")).toThrowError(
        expect.objectContaining({ code: "bad-safetensors", at: { file: "ck.safetensors" } }),
      );
    }
  });

  it("never fails otherwise on random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        try {
          decodeSafetensors(bytes, "x");
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
    );
  });
});
