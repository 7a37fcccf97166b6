import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportModel } from "../../src/jobs/export.js";
import type { Tensor } from "../../src/math/tensor.js";
import { plannedRun } from "../../src/training/memory/require-memory.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining } from "../../src/training/plan/plan.js";
import { checkpointPath, readCheckpoint } from "../../src/training/run-folder/checkpoint.js";
import { readEnd } from "../../src/training/run-folder/end-of-training.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { inFolder, options } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const model = "test/fixtures/encoders/bert-torchscript-14";
const settingsOf = (changes: Partial<TrainOptions>) =>
  options({ model, lr: 0.01, tune: "last:1", steps: 6, saveEvery: 1, keep: 9, ...changes });

type Parameters = ReadonlyMap<string, Tensor>;
const weightsAt = (run: string, step: number) =>
  readCheckpoint(checkpointPath(join(run, "checkpoints"), step)).weights;
const dataOf = (parameters: Parameters, name: string) => parameters.get(name)!.data as Float32Array;
const ownModel = (run: string) => readFileSync(join(run, "model", "onnx", "model.onnx"));

async function exported(run: string, interpolate?: number): Promise<Buffer> {
  const to = inFolder(`export ${Math.random()}`);
  await exportModel({ model: run, to, interpolate });
  return readFileSync(join(to, "onnx", "model.onnx"));
}

/** The same run from its checkpoint of step 3 on. */
async function resumed(settings: TrainOptions): Promise<string> {
  const again = `${settings.out} again`;
  cpSync(settings.out, again, { recursive: true });
  for (const step of [4, 5, 6])
    rmSync(checkpointPath(join(again, "checkpoints"), step), { recursive: true });
  await train({ ...settings, out: again, resume: true });
  return again;
}

describe("--average ema:0.5", () => {
  it("follows the parameters with min(0.5, (1+t)/(10+t)), and nothing else of the run changes", async () => {
    const settings = settingsOf({ average: "ema:0.5" });
    await train(settings);
    const plain = settingsOf({});
    await train(plain);
    const first = weightsAt(settings.out, 1);
    for (const name of first.parameters.keys()) {
      // (1+1)/(10+1) of the start and the rest of step 1 cannot be undone exactly, so the recursion is checked from there on.
      const average = Float32Array.from(dataOf(first.averages!, name));
      for (let step = 2; step <= 6; step++) {
        const values = dataOf(weightsAt(plain.out, step).parameters, name);
        const share = 1 - Math.min(0.5, (1 + step) / (10 + step));
        for (let i = 0; i < average.length; i++) average[i] += share * (values[i] - average[i]);
      }
      expect(dataOf(weightsAt(settings.out, 6).averages!, name)).toEqual(average);
    }
  });

  it("goes on to the same bits, and is the end that goes out", async () => {
    const settings = settingsOf({ average: "ema:0.9", interpolate: 1 });
    await train(settings);
    const again = await resumed(settings);
    const file = (run: string) =>
      readFileSync(join(run, "checkpoints", "step-000006", "average.safetensors"));
    expect(file(again).equals(file(settings.out))).toBe(true);
    expect(ownModel(again).equals(ownModel(settings.out))).toBe(true);
    expect(readRun(again).result!.interpolation!.end).toBe("ema:0.9");
    expect((await exported(settings.out)).equals(ownModel(settings.out))).toBe(true);
    expect((await exported(`${settings.out}:6`)).equals(ownModel(settings.out))).toBe(false);
  });
});

it.each([
  ["ema:0.9", 1],
  ["last:3", 2],
])("--average %s has its %i copies in the memory plan", async (average, copies) => {
  const plain = await plannedRun(await planTraining(settingsOf({})));
  const averaged = await plannedRun(await planTraining(settingsOf({ average })));
  expect(plain.average).toBeUndefined();
  const own = copies * plain.trained;
  // What is measured anew in each plan.
  const { seconds, tokensPerSecond } = averaged;
  expect(averaged).toEqual({
    ...{ ...plain, seconds, tokensPerSecond },
    ...{ average: own, total: plain.total + own },
  });
});

describe("--average last:3", () => {
  it("is the mean of the last three evaluations, of which no more are kept", async () => {
    const settings = settingsOf({ average: "last:3", evalEvery: 1, interpolate: "off", keep: 1 });
    await train(settings);
    const plain = settingsOf({ evalEvery: 1 });
    await train(plain);
    const end = readEnd(join(settings.out, "checkpoints"), 6, { average: "last:3" });
    for (const [name, { data }] of end) {
      const parts = [4, 5, 6].map((step) => dataOf(weightsAt(plain.out, step).parameters, name));
      const mean = parts[0].map((x, i) => (x + parts[1][i] + parts[2][i]) / 3);
      expect([...data]).toEqual([...mean]);
    }
    const kept = readdirSync(join(settings.out, "checkpoints"));
    expect(kept.filter((name) => name.startsWith("evaluated"))).toHaveLength(3);
    const { interpolation } = readRun(settings.out).result!;
    expect(interpolation!.curve.map(({ alpha }) => alpha)).toEqual([0, 1]);
    expect((await exported(settings.out)).equals(ownModel(settings.out))).toBe(true);
  });

  it("goes on to the same bits", async () => {
    const settings = settingsOf({ average: "last:3", evalEvery: 1, interpolate: 0.5 });
    await train(settings);
    const again = await resumed(settings);
    expect(ownModel(again).equals(ownModel(settings.out))).toBe(true);
    expect((await exported(again, 0.5)).equals(ownModel(again))).toBe(true);
  });
});
