import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freshFolder, root } from "../support/cli.js";
import { embtune } from "../support/in-process.js";

const encoder = join(root, "test", "fixtures", "encoders", "bert-torchscript-14");

describe("embtune doctor", () => {
  it("finds this machine and a sound model good, as JSON too", async () => {
    const { code, stdout } = await embtune(["doctor", "--model", encoder, "--json"]);
    const checks: { name: string; status: string; found: string }[] = JSON.parse(stdout);
    const found = Object.fromEntries(checks.map(({ name, status }) => [name, status]));
    expect(found).toMatchObject({
      versions: "good",
      "a gradient": "good",
      "the bundled model": "good",
      "a vector": "good",
      layout: "good",
      training: "good",
      vectors: "good",
    });
    expect(checks.find(({ name }) => name === "matrix products")?.found).toMatch(/^\d+ GF\/s/);
    expect(code).toBe(0);
  });

  it("compares a run's vectors with those of the folder that it has written, not with its base's", async () => {
    const run = join(freshFolder(), "run");
    const data = join(root, "data", "support", "dev.csv");
    const train = ["--steps", "3", "--lr", "0.5", "--batch-size", "8", "--interpolate", "1"];
    const lean = ["--no-report", "--out", run];
    expect((await embtune(["train", data, "--model", encoder, ...train, ...lean])).code).toBe(0);
    const { stdout } = await embtune(["doctor", "--model", run]);
    expect(stdout).toMatch(/^good +vectors +differ from those of transformers\.js by/m);
  });

  it("says what is wrong with a model and what to do, with exit code 1", async () => {
    const model = join(freshFolder(), "model");
    cpSync(encoder, model, { recursive: true });
    rmSync(join(model, "tokenizer.json"));
    const { code, stdout } = await embtune(["doctor", "--model", model]);
    expect(stdout).toMatch(
      /^bad +layout +model folder ".*" has no tokenizer\.json\n +write it in Python/m,
    );
    expect(code).toBe(1);
  });
});
