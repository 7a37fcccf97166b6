import { describe, expect, it } from "vitest";
import { buildEmbeddingParts } from "../../../src/encoder/step/cached-step.js";
import {
  describeTrained,
  requireTrained,
  trainedTensors,
} from "../../../src/encoder/step/trained-tensors.js";
import type { Tuning } from "../../../src/encoder/step/trained-weights.js";
import { prepareTiny } from "./tiny-encoder.js";

const lora: Tuning = { kind: "lora", rank: 2, alpha: 4, targets: ["query", "value"], seed: 1 };

async function trained(name: string, tuning: Tuning) {
  const encoder = await prepareTiny(name);
  const parts = buildEmbeddingParts({ encoder, pooling: "mean", tuning });
  return { encoder, parameters: parts.backward.parameters };
}

describe("what is trained", () => {
  it("is told by layer and role", async () => {
    const { encoder, parameters } = await trained("bert-torchscript-14", lora);
    const groups = trainedTensors(encoder, parameters);
    expect(groups.map(({ layer, role, tensors }) => [layer, role, tensors.length])).toEqual([
      [0, "query", 2],
      [0, "value", 2],
      [1, "query", 2],
      [1, "value", 2],
    ]);
    const numbers = groups
      .reduce((sum, group) => sum + group.parameters, 0)
      .toLocaleString("en-US");
    expect(describeTrained(groups)).toBe(
      `8 tensors, ${numbers} numbers (layers 0–1: query 2, value 2)`,
    );
  });

  it("of the last layer has biases with the roles of their matrices", async () => {
    const { encoder, parameters } = await trained("bert-torchscript-14", {
      kind: "last",
      layers: 1,
    });
    const groups = trainedTensors(encoder, parameters);
    const counts = Object.fromEntries(groups.map(({ role, tensors }) => [role, tensors.length]));
    expect(counts).toEqual({
      query: 2,
      key: 2,
      value: 2,
      "attention-output": 2,
      intermediate: 2,
      output: 2,
      normalization: 4,
    });
  });
});

describe("an update of nothing is refused", () => {
  it.each<[string, string, Tuning, string]>([
    [
      "without an adapter",
      "bert-torchscript-14",
      lora,
      "--tune lora finds no linear map for --lora-targets query, value",
    ],
    [
      "without a matrix in the last layers",
      "albert-torchscript-12",
      { kind: "last", layers: 1 },
      "--tune last:1 finds no matrix in the last 1 of the encoder's 2 layers",
    ],
    [
      "without a weight",
      "bert-torchscript-14",
      { kind: "full" },
      "--tune full finds no weight in the encoder's file",
    ],
  ])("%s", async (_, name, tuning, message) => {
    const encoder = await prepareTiny(name);
    const vector = { name: "n", owner: "encoder", layer: 1, shape: [8] } as const;
    expect(() => requireTrained(encoder, tuning, [vector])).toThrow(
      expect.objectContaining({
        code: "nothing-to-train",
        message: expect.stringContaining(message),
        hint: expect.any(String),
      }),
    );
  });
});
