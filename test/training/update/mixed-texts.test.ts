import { describe, expect, it } from "vitest";
import type { Encoder } from "../../../src/encoder/encoder.js";
import { refuseMixedTexts } from "../../../src/training/update/mixed-texts.js";

/** An encoder whose vector of a text is (its length, 1), shifted by what the batch adds. */
function encoder(shift: (batch: readonly string[]) => number): Encoder {
  const encode: Encoder["encode"] = async (texts) => ({
    rows: texts.length,
    cols: 2,
    data: Float32Array.from(texts.flatMap(({ length }) => [length + shift(texts), 1])),
  });
  return { encode, info: { modelFile: "model.onnx" } } as Encoder;
}

const texts = ["a", "bb", "ccc", "dddd", "eeeee"];

describe("a model that mixes texts", () => {
  it("is refused", async () => {
    const mixing = encoder((batch) => batch.length - 1);
    await expect(refuseMixedTexts(mixing, texts)).rejects.toMatchObject({
      code: "texts-mixed",
      at: { file: "model.onnx" },
    });
  });

  it("is not one whose vectors differ by rounding", async () => {
    const rounding = encoder((batch) => 1e-5 * batch.length);
    await expect(refuseMixedTexts(rounding, texts)).resolves.toBeUndefined();
  });
});
