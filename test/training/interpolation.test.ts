import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { exportModel } from "../../src/jobs/export.js";
import type { Tensor } from "../../src/math/tensor.js";
import { openResources } from "../../src/training/model/resources.js";
import { openContext } from "../../src/training/model/run-context.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining, trainedTexts } from "../../src/training/plan/plan.js";
import { readLog } from "../../src/training/run-folder/log.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { setUp } from "../../src/training/update/set-up.js";
import { file, inFolder, options } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const model = "test/fixtures/encoders/bert-torchscript-14";
const modes: [string, Partial<TrainOptions>][] = [
  ["full", { tune: "full" }],
  ["the last layer with an MLP head", { tune: "last:1", head: "mlp" }],
  ["adapters", { tune: "lora" }],
  ["adapters with a head of fewer dimensions", { tune: "lora", headDim: 8, head: "linear" }],
  ["an MLP head", { tune: "head", head: "mlp" }],
  ["a head of fewer dimensions", { tune: "head", headDim: 8 }],
  ["full, with the objective's own parameters", { tune: "full", objective: "sigmoid" }],
];

/** The bytes of a model that a run makes, by `RUN` or `RUN:step` and α. */
async function exported(reference: string, interpolate?: number): Promise<Buffer> {
  const to = inFolder(`export ${Math.random()}`);
  await exportModel({ model: reference, to, interpolate });
  return readFileSync(join(to, "onnx", "model.onnx"));
}

const ownModel = (run: string): Buffer => readFileSync(join(run, "model", "onnx", "model.onnx"));
const settingsOf = (changes: Partial<TrainOptions>) => options({ model, lr: 0.01, ...changes });

describe.each(modes)("the line from start to end: %s", (_, changes) => {
  it("begins where training begins", async () => {
    const plan = await planTraining(settingsOf(changes));
    const resources = await openResources(plan.settings, trainedTexts(plan));
    const context = openContext(plan, resources, {
      auxiliary: undefined,
      control: { onEvent: () => {} },
    });
    const { trainable, start } = await setUp(context, true);
    const { values, scaled } = await start();
    const zero = (tensor: Tensor) => tensor.data.every((x) => Number(x) === 0);
    for (const [name, tensor] of await trainable.parameters()) {
      const own = values.get(name);
      if (own !== undefined) expect(own.data).toEqual(tensor.data);
      else if (scaled.has(name)) expect(zero(tensor)).toBe(true);
      else expect(name).toMatch(/^lora\..*\.A$|^logScale$|^bias$/);
    }
    await trainable.release();
    await resources.close();
  });

  it("goes out at the point that is given, which an export makes too", async () => {
    const settings = settingsOf({ ...changes, interpolate: 0.4 });
    const { record, unchanged } = await train(settings);
    const { out } = settings;
    expect(unchanged).toBe(false);
    expect(record.result!.interpolation).toMatchObject({ alpha: 0.4, by: "given" });
    expect(record.result!.interpolation!.curve.map(({ alpha }) => alpha)).toEqual([0, 0.4, 1]);
    expect((await exported(out)).equals(ownModel(out))).toBe(true);
    expect((await exported(out, 0.4)).equals(ownModel(out))).toBe(true);
    expect((await exported(out, 0.41)).equals(ownModel(out))).toBe(false);
    expect((await exported(out, 1)).equals(await exported(`${out}:3`))).toBe(true);
    expect((await exported(`${out}:3`, 0.4)).equals(ownModel(out))).toBe(true);
    if (changes.headDim === undefined)
      expect((await exported(out, 0)).equals(await exported(model))).toBe(true);
  });
});

describe("a search along the line", () => {
  it("measures both ends as the run does, logs each point and keeps what it chose", async () => {
    const settings = settingsOf({ tune: "full", steps: 6, metric: "spearman_cosine" });
    const { record, scores } = await train(settings);
    const { interpolation, startValue } = record.result!;
    const { alpha, curve, by } = interpolation!;
    expect(by).toBe("search");
    expect(curve[0]).toMatchObject({ alpha: 0 });
    expect(curve[0].value).toBeCloseTo(startValue, 6);
    const log = readLog(join(settings.out, "log.jsonl"));
    const last = log.flatMap((line) => ("eval" in line && line.step === 6 ? [line.eval] : []))[0];
    expect(curve.at(-1)).toEqual({ alpha: 1, value: last.spearman_cosine });
    const points = log.flatMap((line) => ("alpha" in line ? [line] : []));
    expect(points.map((line) => line.alpha)).toEqual(curve.map((point) => point.alpha));
    expect(points.map((line) => line.scores.spearman_cosine)).toEqual(
      curve.map(({ value }) => value),
    );
    const chosen = curve.find((point) => point.alpha === alpha)!;
    expect(scores!.model.metrics.find(({ key }) => key === "spearman_cosine")!.value).toBe(
      chosen.value,
    );
    expect((await exported(settings.out)).equals(ownModel(settings.out))).toBe(true);
  });

  it("comes to the same after a resumption, and lists each point once", async () => {
    const settings = settingsOf({ tune: "last:1", steps: 6, saveEvery: 3, keep: 9 });
    await train(settings);
    const again = `${settings.out} again`;
    cpSync(settings.out, again, { recursive: true });
    rmSync(join(again, "checkpoints", "step-000006"), { recursive: true });
    await train({ ...settings, out: again, resume: true });
    const [was, is] = [settings.out, again].map((run) => readRun(run).result!.interpolation);
    expect(is).toEqual(was);
    expect(ownModel(again).equals(ownModel(settings.out))).toBe(true);
  });

  /** Triplets that any model gets right: their negatives have no word in common with them. */
  const easy = (name: string, words: readonly string[]) =>
    file(name, [
      "anchor,positive,negative",
      ...words.flatMap((word, i) =>
        ["a garden", "the road", "my house", "the sea"].map(
          (place, k) => `${word} was ${place},${word} is ${place},${i} %% ${k}`,
        ),
      ),
    ]);

  it.each([
    ["search", { eval: easy("easy-dev.csv", ["one"]) }],
    ["folds", { eval: undefined, folds: 2 }],
  ] as const)("goes by the mean margin where all points tie: %s", async (by, changes) => {
    const data = easy("easy.csv", ["red", "old", "cold", "new", "warm", "small", "dry", "deep"]);
    const settings = { data, objective: "triplet", tune: "head", steps: 6, ...changes } as const;
    const { interpolation } = (await train(settingsOf(settings))).record.result!;
    expect(interpolation!.by).toBe(by);
    expect(new Set(interpolation!.curve.map(({ value }) => value))).toEqual(new Set([1]));
    expect(interpolation!.alpha).toBeGreaterThan(0);
  });

  it("has nothing to go by where nothing is measured: the last step goes out", async () => {
    const { record } = await train(settingsOf({ tune: "full", interpolate: "off" }));
    expect(record.result!.interpolation).toBeUndefined();
  });
});
