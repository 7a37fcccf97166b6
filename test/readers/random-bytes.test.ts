import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeNpy } from "../../src/dataset/readers/npy.js";
import { UserError } from "../../src/errors/user-error.js";
import { npyHeader } from "../../src/files/npy-header.js";
import { openParquetFile } from "../../src/files/parquet-file.js";
import { readSealed, sealedText } from "../../src/files/sealed-json.js";
import { importModel } from "../../src/graph/import.js";
import { decodeSafetensors, encodeSafetensors } from "../../src/math/safetensors.js";
import { float32 } from "../../src/math/tensor.js";

const folder = mkdtempSync(join(tmpdir(), "random bytes "));
const path = join(folder, "file");
const written = (bytes: Uint8Array): string => {
  writeFileSync(path, bytes);
  return path;
};

/** A sound file of each kind, and what reads it. */
const readers: Readonly<Record<string, [sound: Uint8Array, read: (bytes: Uint8Array) => unknown]>> =
  {
    ONNX: [
      readFileSync("test/fixtures/encoders/bert-torchscript-14/onnx/model.onnx"),
      (bytes) => importModel(bytes, { file: "model.onnx" }),
    ],
    safetensors: [
      Buffer.concat(
        encodeSafetensors({
          tensors: new Map([["a", float32([2, 3], new Float32Array(6))]]),
          metadata: { format: "pt" },
        }),
      ),
      (bytes) => decodeSafetensors(bytes, "x.safetensors"),
    ],
    npy: [
      Buffer.concat([npyHeader(3, 2), new Uint8Array(24)]),
      (bytes) => decodeNpy(bytes, "x.npy"),
    ],
    "sealed JSON": [
      Buffer.from(sealedText({ step: 3, best: { step: 1 } })),
      (bytes) => readSealed(written(bytes)),
    ],
    Parquet: [
      Buffer.from("PAR1\x15\x00\x00\x00PAR1", "latin1"),
      async (bytes) => {
        const { groups } = await openParquetFile(written(bytes), "write it again");
        for await (const _ of groups());
      },
    ],
  };

/** Nothing but a result or a UserError may come of bytes, and soon. */
async function holds(read: () => unknown): Promise<void> {
  const begun = performance.now();
  try {
    await read();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
  }
  expect(performance.now() - begun).toBeLessThan(5000);
}

describe.each(Object.entries(readers))("the reader of %s", (_, [sound, read]) => {
  it("refuses random bytes as the user's", async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), (bytes) =>
      holds(() => read(bytes)),
    );
    await fc.assert(property, { numRuns: 150 });
  });

  it("reads or refuses a sound file that is cut short or has bytes changed", async () => {
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const changes = fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 });
    const property = fc.asyncProperty(changes, place, (changed, kept) => {
      const bytes = Uint8Array.from(sound);
      for (const [at, value] of changed) bytes[Math.floor(at * bytes.length)] = value;
      const length = kept < 0.5 ? bytes.length : Math.floor(kept * bytes.length);
      return holds(() => read(bytes.slice(0, length)));
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
