import { join } from "node:path";
import { loadEncoder } from "../../src/encoder/load.js";
import { type ModelSource, openModelSource } from "../../src/export/model-source.js";
import type { Matrix } from "../../src/math/tensor.js";
import type { Runtime } from "../../src/runtime/runtime.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { options } from "../support/encoder-run.js";
import { train } from "../support/train.js";

/** A tiny encoder of the fixtures. */
export const tinyEncoder = (name: string): string => join("test", "fixtures", "encoders", name);

/** Texts of several lengths, none of which is cut; one is empty. */
export const someTexts = [
  "a red car needs water",
  "bread",
  "",
  "the old dog is sleeping in my garden",
  "Straße, 日本 🙂",
];

/** Trains three steps at a high rate on a tiny encoder, keeping the last checkpoint; gives the run's folder. */
export async function tinyRun(changes: Partial<TrainOptions>): Promise<string> {
  const settings = options({
    ...{ model: tinyEncoder("bert-torchscript-11"), lr: 0.05, maxLength: 32, threads: 1 },
    ...changes,
  });
  await train(settings);
  return settings.out;
}

/** What a run's last step embeds as training does, without an exported file. */
export async function lastStep(run: string, runtime: Runtime): Promise<ModelSource> {
  return openModelSource(`${run}:3`, runtime);
}

/** Vectors of a written folder, by embtune's own encoder. */
export async function vectorsOf(
  folder: string,
  runtime: Runtime,
  texts: readonly string[] = someTexts,
): Promise<Matrix> {
  const encoder = await loadEncoder({ model: folder, runtime });
  try {
    return await encoder.encode(texts, { prompt: "" });
  } finally {
    await encoder.release();
  }
}

/** The largest difference of two numbers at one place; infinite where the shapes differ. */
export function largestDifference(a: Matrix, b: Matrix): number {
  if (a.rows !== b.rows || a.cols !== b.cols) return Number.POSITIVE_INFINITY;
  return a.data.reduce((most, x, i) => Math.max(most, Math.abs(x - b.data[i])), 0);
}
