import { describe, expect, it } from "vitest";
import { configFields } from "../../../src/encoder/architectures/config-fields.js";
import { turnsOf } from "../../../src/encoder/architectures/rotary-turns.js";
import type { JsonObject } from "../../../src/files/json-file.js";

const plain = { base: ["rope_theta"], fallback: 10_000 };
const turns = (json: JsonObject, at: Parameters<typeof turnsOf>[2] = plain) =>
  turnsOf(configFields(json, "config.json"), 16, at);

// inv_freq and attention_scaling of Qwen3RotaryEmbedding, transformers 5.24, heads of 16, 128 positions.
const references: [string, JsonObject, number[], number][] = [
  [
    "yarn",
    { rope_type: "yarn", factor: 4, original_max_position_embeddings: 32, rope_theta: 1000 },
    [
      ...[1.0, 0.263560325, 0.0444569848, 0.0187473539],
      ...[0.00790569466, 0.00333380373, 0.00140585331, 0.000592843455],
    ],
    1.138629436111989,
  ],
  [
    "yarn with borders and scales of its own",
    {
      ...{ rope_type: "yarn", factor: 8, rope_theta: 1000, beta_fast: 8, beta_slow: 2 },
      ...{ mscale: 1.2, mscale_all_dim: 0.7, truncate: false },
    },
    [
      ...[1.0, 0.421696514, 0.0889073536, 0.00937367696],
      ...[0.00395284733, 0.00166690187, 0.000702926656, 0.000296421727],
    ],
    1.0907608459448856,
  ],
  [
    "llama3",
    {
      rope_type: "llama3",
      ...{ factor: 4, low_freq_factor: 1, high_freq_factor: 4, rope_theta: 1000 },
    },
    [
      ...[1.0, 0.421696514, 0.161053479, 0.0286398008],
      ...[0.00790569466, 0.00333380373, 0.00140585331, 0.000592843455],
    ],
    1,
  ],
];

describe("turnsOf", () => {
  it.each(references)("%s: transformers' frequencies and factor", (_, given, expected, scale) => {
    for (const fields of [
      { rope_parameters: given },
      { rope_scaling: given, rope_theta: 1000 },
      { rope_scaling: given, rope_parameters: { rope_type: "default" } },
    ]) {
      const found = turns({ max_position_embeddings: 128, ...fields });
      expect(found.scale).toBeCloseTo(scale, 12);
      for (const [i, x] of found.frequencies.entries())
        expect(Math.abs(x / expected[i] - 1)).toBeLessThan(1e-6);
    }
  });

  it("takes the factor from the lengths, and its own factor on cosines and sines", () => {
    const given = {
      ...{ rope_type: "yarn", factor: null, attention_factor: 1.5, rope_theta: 1000 },
      original_max_position_embeddings: 32,
    };
    const found = turns({ max_position_embeddings: 128, rope_parameters: given });
    expect(found.scale).toBe(1.5);
    expect(found.frequencies[7]).toBeCloseTo(0.000592843455, 9);
  });

  it("leaves older scaling out where it is not meant, and refuses what is not kept by kind of layer", () => {
    const near = { ...plain, layerType: "sliding_attention" };
    const linear = { rope_scaling: { rope_type: "linear", factor: 4 } };
    const [, second] = turns(linear, near).frequencies;
    const [, whole] = turns(linear, { ...near, unscaled: true }).frequencies;
    expect(whole / second).toBeCloseTo(4, 6);
    const flat = { rope_parameters: { rope_type: "default", rope_theta: 5 } };
    expect(() => turns(flat, near)).toThrow(/rope_parameters must describe sliding_attention/);
    const others = { rope_parameters: { full_attention: { rope_theta: 5 } } };
    expect(turns(others, near)).toEqual(turns({}, near));
  });
});
