import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../../src/training/options/settings.js";

const resolved = (changes: Record<string, unknown>) =>
  resolveSettings({ data: "a.csv", out: "run", ...changes });

describe("what is tuned", () => {
  it("decides on head, learning rate and dropout where they are not given", () => {
    const chosen = ["head", "lora", "last:2", "full"].map((tune) => {
      const { head, lr, dropout } = resolved({ tune });
      return [head, lr, dropout];
    });
    expect(chosen).toEqual([
      ["linear", 1e-3, 0],
      ["none", 1e-4, 0],
      ["none", 5e-5, 0],
      ["none", 5e-5, 0],
    ]);
    expect(resolved({ tune: "full", head: "mlp", lr: 0.5 })).toMatchObject({
      head: "mlp",
      lr: 0.5,
    });
  });

  it.each([
    ["infonce", 5e-5, 0],
    ["supcon", 5e-5, 0],
    ["online-contrastive", 5e-5, 0],
    ["cosent", 2e-5, "config"],
    ["cosine-mse", 2e-5, "config"],
    ["softmax", 2e-5, 0],
    ["margin-mse", 2e-5, 0],
    ["distill-mse", 2e-5, 0],
  ])("moves an encoder by %s at a peak rate of %f, with dropout %s", (objective, lr, dropout) => {
    expect(resolved({ tune: "full", objective })).toMatchObject({ lr, dropout });
    expect(resolved({ tune: "full", objective, dropout: 0 }).dropout).toBe(0);
  });

  it("takes the lower rate where one file's objective asks for it", () => {
    const objectives = { "b.csv": { objective: "cosent" } };
    const mixed = resolved({ tune: "full", moreData: ["b.csv"], objectives });
    expect(mixed).toMatchObject({ lr: 2e-5, dropout: 0 });
  });

  it("drops nothing of a static model's vectors", () => {
    const given = { data: "a.csv", out: "run", tune: "full", objective: "cosent" } as const;
    expect(resolveSettings(given, 0.01)).toMatchObject({ dropout: 0, lr: 0.002 });
  });

  it.each([
    [{ tune: "fulll" }, /--tune must be head, last:K, lora or full, got "fulll"/],
    [{ tune: "last:0" }, /got "last:0"/],
    [{ tune: "head", head: "none" }, /nothing to train/],
    [{ tune: "head", dropout: 0.1 }, /--dropout needs an encoder that is trained/],
    [{ tune: "head", miniBatchTokens: 100 }, /--mini-batch-tokens needs an encoder/],
    [{ tune: "lora", freeze: "embeddings" }, /--freeze embeddings goes with --tune full/],
    [{ tune: "lora", loraTargets: ["querry"] }, /--lora-targets must be names.*got \["querry"\]/],
    [{ tune: "lora", loraRank: 0 }, /--lora-rank must be a whole number from 1/],
    [{ tune: "full", dropout: 1 }, /--dropout must be a number from 0 and below 1 or config/],
    [{ tune: "full", layerDecay: 1.5 }, /--layer-decay must be a number above 0 and up to 1/],
    [{ accumulate: 0 }, /--accumulate must be a whole number from 1/],
  ])("refuses %o", (changes, message) => {
    expect(() => resolved(changes)).toThrow(message);
  });
});
