import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { freshFolder } from "../support/cli.js";
import { flipBit } from "../support/damage.js";
import { embtune } from "../support/in-process.js";

const folder = freshFolder();
const whole = join(folder, "whole");
const dev = "data/support/dev.csv";
let copies = 0;

/** A copy of the finished run. */
function copy(): string {
  copies += 1;
  const run = join(folder, `copy ${copies}`);
  cpSync(whole, run, { recursive: true });
  return run;
}

/** The same as if it had been stopped after step 12. */
function stopped(): string {
  const run = copy();
  rmSync(join(run, "model"), { recursive: true });
  rmSync(join(run, "checkpoints", "step-000016"), { recursive: true });
  return run;
}

const model = (run: string) => readFileSync(join(run, "model", "onnx", "model.onnx"));
const bestFile = (run: string) => {
  const { bestStep } = JSON.parse(readFileSync(join(run, "run.json"), "utf8")).result;
  const best = `best-${String(bestStep).padStart(6, "0")}`;
  return join(run, "checkpoints", best, "parameters.safetensors");
};

beforeAll(async () => {
  const { code, stderr } = await embtune([
    ...["train", "data/support/train.csv", "--eval", dev, "--objective", "infonce"],
    ...["--steps", "16", "--batch-size", "32", "--eval-every", "4", "--save-every", "4"],
    ...["--keep", "4", "--head-dim", "32", "--interpolate", "off", "--no-report", "--out", whole],
  ]);
  expect(stderr).toContain("step");
  expect(code).toBe(0);
});

describe("a run resumed after one bit of it was flipped", () => {
  it.each(["optimizer.safetensors", "state.json"])(
    "in %s of its last checkpoint ends as if nothing had been",
    async (file) => {
      const run = stopped();
      flipBit(join(run, "checkpoints", "step-000012", file), 0.7);
      const { code, stderr } = await embtune(["train", "--resume", run, "--no-report"]);
      expect(stderr).toContain("a checkpoint is ignored: step-000012: ");
      expect(stderr).toContain("going on after step 8");
      expect(code).toBe(0);
      expect(model(run).equals(model(whole))).toBe(true);
    },
  );

  it("in its best parameters goes back to before them, with a note", async () => {
    const run = stopped();
    for (const name of readdirSync(join(run, "checkpoints")))
      if (name.startsWith("best-"))
        flipBit(join(run, "checkpoints", name, "parameters.safetensors"), 0.9);
    const { code, stderr } = await embtune(["train", "--resume", run, "--no-report"]);
    expect(stderr).toContain("a checkpoint is ignored: step-000012: ");
    expect(code).toBe(0);
    expect(model(run).equals(model(whole))).toBe(true);
  });

  it("in run.json is refused", async () => {
    const run = stopped();
    const path = join(run, "run.json");
    writeFileSync(path, readFileSync(path, "utf8").replace('"seed": 42', '"seed": 43'));
    const { code, stderr } = await embtune(["train", "--resume", run, "--no-report"]);
    expect(stderr).toMatch(/run\.json: is damaged: its content does not fit its SHA-256/);
    expect(code).toBe(1);
  });
});

describe("a finished run after one bit of it was flipped", () => {
  it.each(["onnx/model.onnx", "modules.json"])(
    "in %s of model/ is neither evaluated nor used to embed",
    async (file) => {
      const run = copy();
      flipBit(join(run, "model", file), 0.6);
      const out = join(folder, "vectors.npy");
      for (const args of [
        ["evaluate", dev, "--model", run],
        ["embed", "data/support/sentences.txt", "--model", join(run, "model"), "--out", out],
      ]) {
        const { code, stdout, stderr } = await embtune(args);
        expect(code).toBe(1);
        expect(stdout).toBe("");
        expect(stderr).toContain(file.split("/").at(-1));
      }
      expect(existsSync(out)).toBe(false);
    },
  );

  it("in a checkpoint or in its best parameters is not exported", async () => {
    const run = copy();
    flipBit(join(run, "checkpoints", "step-000016", "parameters.safetensors"), 0.9);
    flipBit(bestFile(run), 0.9);
    for (const source of [run, `${run}:16`]) {
      const to = join(folder, "exported");
      const { code, stderr } = await embtune(["export", source, "--to", to]);
      expect(stderr).toContain("the checkpoint is damaged: its content does not fit its SHA-256");
      expect(code).toBe(1);
      expect(existsSync(join(to, "onnx"))).toBe(false);
    }
  });

  it("in the folder kept of RUN:step has that folder written again", async () => {
    const run = copy();
    const measure = () => embtune(["evaluate", dev, "--model", `${run}:8`, "--json"]);
    const before = await measure();
    flipBit(join(run, "cache", "model-step-8", "onnx", "model.onnx"), 0.9);
    const after = await measure();
    expect(after.code).toBe(0);
    expect(JSON.parse(after.stdout).metrics).toEqual(JSON.parse(before.stdout).metrics);
  });
});

describe("a run of a version that kept no hashes", () => {
  it("is resumed, evaluated and exported, with a note that nothing was checked", async () => {
    const run = stopped();
    const strip = (path: string) => {
      const { seal: _, sha256: __, files: ___, ...rest } = JSON.parse(readFileSync(path, "utf8"));
      writeFileSync(
        path,
        JSON.stringify(path.endsWith("run.json") ? { ...rest, files: ___ } : rest),
      );
    };
    strip(join(run, "run.json"));
    for (const name of readdirSync(join(run, "checkpoints"))) {
      const inside = join(run, "checkpoints", name);
      if (name.startsWith("step-")) strip(join(inside, "state.json"));
      else rmSync(join(inside, "hashes.json"));
    }
    const resumed = await embtune(["train", "--resume", run, "--no-report"]);
    expect(resumed.stderr).toContain("run.json was written without SHA-256");
    expect(resumed.stderr).toContain("step-000012 was written without SHA-256");
    expect(resumed.code).toBe(0);
    rmSync(join(run, "model", "manifest.json"));
    const measured = await embtune(["evaluate", dev, "--model", run]);
    expect(measured.stderr).toContain("written without SHA-256");
    expect(measured.code).toBe(0);
  });
});
