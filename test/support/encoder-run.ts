import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import type { TrainedGroup } from "../../src/encoder/step/trained-tensors.js";
import { writeModelFolder } from "../../src/export/model-folder.js";
import type { Tensor } from "../../src/math/tensor.js";
import { openResources } from "../../src/training/model/resources.js";
import { openContext } from "../../src/training/model/run-context.js";
import type { TrainedParts } from "../../src/training/model/trained-parts.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining, trainedTexts } from "../../src/training/plan/plan.js";
import { readCheckpoint, writeCheckpoint } from "../../src/training/run-folder/checkpoint.js";
import type { Weights } from "../../src/training/run-folder/weights.js";
import { setUp } from "../../src/training/update/set-up.js";
import type { Trainable } from "../../src/training/update/trainable.js";

const folder = mkdtempSync(join(tmpdir(), "encoder training "));

/** A place in the folder of this test's process. */
export const inFolder = (name: string): string => join(folder, name);

/** Writes lines to a file there. */
export function file(name: string, lines: readonly string[]): string {
  const path = inFolder(name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

const things = [
  "a red car",
  "the old dog",
  "my garden",
  "fresh bread",
  "a cold night",
  "the train",
];
const acts = ["stops here", "is sleeping", "needs a lot of water", "smells good"];

/** Rows of anchor and positive. */
export const pairs = things.flatMap((thing, i) =>
  acts.map((act, k) => `${thing} ${act},look: ${act} there ${things[(i + k) % 6]} and ${thing}`),
);
const data = file("train.csv", ["anchor,positive", ...pairs]);
const measured = file("dev.csv", [
  "sentence1,sentence2,score",
  ...things.map((thing, i) => `${thing},${things[(i * 2 + 1) % 6]},${(i % 5) / 4}`),
]);

/** Texts to compare models by. */
export const texts = [
  "a red car needs water",
  "bread",
  "the old dog is sleeping in my garden tonight",
];

/** A small BERT, whose tokenizer takes these words apart into letters. */
export const model = "test/fixtures/encoders/bert-torchscript-14";

/** A small run with these changes, in a folder of its own. */
export const options = (changes: Partial<TrainOptions>): TrainOptions => ({
  model,
  data,
  eval: measured,
  out: inFolder(`run ${Math.random()}`),
  batchSize: 4,
  steps: 3,
  maxLength: 16,
  lr: 1e-4,
  ...changes,
});

/** What updates led to. */
export interface Outcome {
  readonly weights: Weights;
  readonly vectors: Float32Array;
  readonly parts: TrainedParts;
  readonly gradNorms: readonly number[];
  readonly losses: readonly number[];
  readonly tensors: readonly TrainedGroup[];
}

export interface UpdatesOptions {
  /** Folder that the model is written to. */
  readonly write?: string;
  /** Batches left out at the start; default 0. */
  readonly skip?: number;
  /** Default 1e-3. */
  readonly learningRate?: number;
  /** Texts of `vectors`; default `texts`. */
  readonly embed?: readonly string[];
}

/** Updates on the first batches of an epoch, `groups[i]` of them in update i. */
export async function updates(
  changes: Partial<TrainOptions>,
  groups: readonly number[],
  { write, skip = 0, learningRate = 1e-3, embed = texts }: UpdatesOptions = {},
): Promise<Outcome> {
  const plan = await planTraining(options({ threads: 1, ...changes }));
  const resources = await openResources(plan.settings, trainedTexts(plan));
  const control = { onEvent: () => {} };
  const context = openContext(plan, resources, { auxiliary: undefined, control });
  const { trainable, parts, tensors = [] } = await setUp(context, true);
  const planned = plan.sampler.plan(0).batches.map((rows, batch) => ({ epoch: 0, batch, rows }));
  planned.splice(0, skip);
  const gradNorms: number[] = [];
  const losses: number[] = [];
  for (const count of groups) {
    const batch = trainable.prepare(planned.splice(0, count));
    const { gradNorm, loss } = await trainable.update(batch, learningRate);
    gradNorms.push(gradNorm);
    losses.push(loss);
  }
  const { data: vectors } = await trainable.embed(embed, "query");
  const weights = await weightsOf(trainable);
  const trained = parts(weights.parameters);
  if (write !== undefined) {
    await writeModelFolder(write, { encoder: resources.encoder.info, ...trained });
  }
  await trainable.release();
  await resources.close();
  return { weights, vectors, parts: trained, gradNorms, losses, tensors };
}

/** What a checkpoint keeps of a trainable. */
async function weightsOf(trainable: Trainable): Promise<Weights> {
  const checkpoints = mkdtempSync(inFolder("weights "));
  const sampler = { epoch: 0, batch: 0 };
  const state = {
    step: 1,
    best: { step: 0, value: 0 },
    start: 0,
    evaluationsSinceBest: 0,
    sampler,
  };
  return readCheckpoint(await writeCheckpoint(checkpoints, state, trainable)).weights;
}

/** ‖x − y‖ / ‖y‖. */
export function distance(x: Tensor["data"], y: Tensor["data"]): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < y.length; i++) {
    difference += (Number(x[i]) - Number(y[i])) ** 2;
    size += Number(y[i]) ** 2;
  }
  return Math.sqrt(difference / Math.max(size, 1e-30));
}

/**
 * The largest distance between gradients, which the first moments are after one update. A key's bias shifts all scores of a
 * softmax alike: its gradient is nothing but rounding, and only has to be small in both.
 */
export function gradientDistance(x: Weights, y: Weights): number {
  expect([...x.firstMoments.keys()].sort()).toEqual([...y.firstMoments.keys()].sort());
  const norms = [...y.firstMoments].map(([name, { data }]) => ({ name, data, norm: norm(data) }));
  const rounding = 1e-6 * Math.hypot(...norms.map(({ norm: one }) => one));
  const all = norms.filter((one) => one.norm > rounding);
  for (const one of norms.filter((tensor) => tensor.norm <= rounding))
    expect(norm(x.firstMoments.get(one.name)!.data)).toBeLessThanOrEqual(rounding);
  expect(all.length).toBeGreaterThan(4);
  return Math.max(...all.map(({ name, data }) => distance(x.firstMoments.get(name)!.data, data)));
}

function norm(data: Tensor["data"]): number {
  let sum = 0;
  for (const value of data) sum += Number(value) ** 2;
  return Math.sqrt(sum);
}

/** The trained tensors of a run's checkpoint. */
export const checkpoint = (run: string, step: number): Buffer =>
  readFileSync(
    join(run, "checkpoints", `step-${String(step).padStart(6, "0")}`, "parameters.safetensors"),
  );
