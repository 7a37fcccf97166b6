import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modulesHead } from "../../src/encoder/head.js";
import { loadEncoder } from "../../src/encoder/load.js";
import { buildEncoderStep } from "../../src/encoder/step/encoder-step.js";
import { textFeeds } from "../../src/encoder/step/text-feeds.js";
import { exportModel } from "../../src/jobs/export.js";
import { train } from "../../src/jobs/train.js";
import { int64, type Tensor } from "../../src/math/tensor.js";
import { objectiveNamed } from "../../src/objectives/registry.js";
import { resolveOptions } from "../../src/objectives/resolve.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import { importEncoder } from "../../src/training/model/import-encoder.js";
import { planTraining } from "../../src/training/plan/plan.js";

const FOLDER = "test/fixtures/static";
const ROWS = 8;

/** sentence-transformers' five steps: see bench/python/static_fixtures.py. */
interface Reference {
  readonly pairs: [string, string][];
  readonly losses: number[];
  readonly norms: number[];
  readonly table: number[];
}

const referenceOf = (name: string): Reference =>
  JSON.parse(readFileSync(join(FOLDER, name, "reference.json"), "utf8"));

const numbers = (offset: number): Tensor =>
  int64(
    [ROWS],
    Array.from({ length: ROWS }, (_, i) => 2 * i + offset),
  );

/** Losses and norms of the five steps by the trainer, and its tensors at the end. */
async function fiveSteps(runtime: Runtime, name: string, pairs: Reference["pairs"]) {
  const encoder = await loadEncoder({ model: join(FOLDER, name), runtime, modules: "leave" });
  const { info } = encoder;
  const prepared = await importEncoder(info, runtime);
  const definition = objectiveNamed("infonce");
  const { modules } = info;
  const head = modules && {
    spec: modulesHead(info.dimension, modules.specs),
    side: "both" as const,
    start: modules.parameters,
  };
  const step = buildEncoderStep({
    ...{ encoder: prepared, pooling: info.pooling, tuning: { kind: "full" }, head, negatives: 0 },
    objective: { definition, options: resolveOptions(definition, { temperature: 0.05 }) },
    roles: ["anchors", "positives"],
  });
  const trainer = await runtime.createTrainer({
    model: step.model,
    loss: step.loss,
    parameters: step.parameters.map(({ name: own, shape, data, gradient }) => {
      const lazy = gradient.kind === "sparse";
      return { name: own, shape, data: data!, gradient, lazy, decay: false, learningRateScale: 1 };
    }),
    optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-4, weightDecay: 0 },
    maxGradNorm: 0,
  });
  const losses: number[] = [];
  const norms: number[] = [];
  for (let start = 0; start < pairs.length; start += ROWS) {
    const ids = encoder.tokenize(pairs.slice(start, start + ROWS).flat());
    const feeds = textFeeds(ids, { inputs: step.inputs, padId: encoder.padId });
    const all = { ...feeds, anchors: numbers(0), positives: numbers(1) };
    const { loss, gradNorm } = await trainer.step(all, 0.05);
    losses.push(loss);
    norms.push(gradNorm);
  }
  const trained = await trainer.parameters();
  await trainer.release();
  await encoder.release();
  return { losses, norms, packed: step.packed, table: trained.get("embedding.weight")! };
}

function relative(got: readonly number[], want: readonly number[]): number {
  return Math.max(...want.map((x, i) => Math.abs(got[i] - x) / Math.max(1e-2, Math.abs(x))));
}

describe("training a static model", () => {
  const work = mkdtempSync(join(tmpdir(), "embtune static "));
  const data = join(work, "pairs.csv");
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
    const { pairs } = referenceOf("present");
    const lines = pairs.slice(0, 24).map((pair) => pair.join(","));
    writeFileSync(data, `anchor,positive\n${lines.join("\n")}\n`);
  });
  afterAll(async () => {
    await runtime.close();
    rmSync(work, { recursive: true });
  });

  it.each(["present", "classic", "model2vec"])("%s: five steps are PyTorch's", async (name) => {
    const { pairs, losses, norms, table } = referenceOf(name);
    const got = await fiveSteps(runtime, name, pairs);
    expect(got.packed).toBe(true);
    expect(relative(got.losses, losses)).toBeLessThan(1e-5);
    expect(relative(got.norms, norms)).toBeLessThan(1e-4);
    const [rows, width] = got.table.shape;
    const data = got.table.data as Float32Array;
    const sums = Array.from({ length: rows }, (_, row) =>
      data.subarray(row * width, (row + 1) * width).reduce((sum, x) => sum + x, 0),
    );
    expect(relative(sums, table)).toBeLessThan(1e-3);
  });

  const given = (options: object) => ({
    ...{
      data,
      out: join(work, "run"),
      model: join(FOLDER, "present"),
      steps: 4,
      batchSize: 4,
      threads: 1,
    },
    ...options,
  });
  it("has a rate of its own, and leaves rows alone that no text has", async () => {
    const out = join(work, "run");
    const run = await train(given({ tune: "full" }));
    // The table is of normal numbers.
    expect(run.record.options.lr).toBe(0.2);
    const model = join(work, "exported");
    await exportModel({ model: `${out}:4`, to: model, format: "sentence-transformers" });
    const encoder = await loadEncoder({ model, runtime });
    const before = await loadEncoder({ model: join(FOLDER, "present"), runtime });
    const [unseen, seen] = ["q", "cat"];
    const vectors = async (one: typeof encoder) => (await one.encode([unseen, seen])).data;
    const [old, tuned] = [await vectors(before), await vectors(encoder)];
    const { dimension, isStatic } = encoder.info;
    await encoder.release();
    await before.release();
    expect(isStatic).toBe(true);
    expect(tuned.slice(0, dimension)).toEqual(old.slice(0, dimension));
    expect(tuned.slice(dimension)).not.toEqual(old.slice(dimension));
  });

  it.each([
    [{ tune: "lora" }, "static-tune"],
    [{ tune: "last:1" }, "static-tune"],
    [{ tune: "full", freeze: "embeddings" }, "option-without-effect"],
    [{ tune: "full", dropout: 0.1 }, "option-without-effect"],
  ])("refuses %o", async (options, code) => {
    const run = train(
      given({ out: join(work, "refused"), ...options }) as Parameters<typeof train>[0],
    );
    await expect(run).rejects.toMatchObject({ code });
  });

  it("keeps the rates of other models and other ways of tuning", async () => {
    const rate = async (options: object) => (await planTraining(given(options))).settings.lr;
    expect(await rate({ tune: "head" })).toBe(1e-3);
    expect(await rate({ tune: "full", model: undefined })).toBe(5e-5);
    expect(await rate({ tune: "full", lr: 0.02 })).toBe(0.02);
  });
});
