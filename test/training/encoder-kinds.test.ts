import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TrainOptions } from "../../src/training/settings.js";
import { updates } from "../support/encoder-run.js";

const ROOT = "../shared/encoders";

/** PyTorch's numbers: five steps on 8 rows each, in the order of the file, all parameters trained. */
interface Reference {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** What can be said of each kind of encoder, whoever exported it. */
const KINDS = [
  "bert-no-types-dy23s-t5",
  "deberta-v3-dy20s-t5",
  "deberta-v3-opt14-t4",
  "embeddinggemma-dy20s-t5",
  "gte-new-dy20s-t5",
  "gte-new-ts17s-t4",
  "jina-v2-dy20s-t5",
  "jina-v2-ts17s-t4",
  "modernbert-dy20s-t5",
  "modernbert-opt14-t4",
  "modernbert-opt17-t4",
  "modernbert-ts17s-t5",
  "nomic-dy20s-t5",
  "qwen2-gte-opt17-t4",
  "qwen3-dy20s-t5",
  "qwen3-opt17-t4",
  "t5-enc-ts17s-t5",
  "x-minilm-MHA",
  "x-minilm-O2",
  "x-t5-encoder-name",
] as const;

const STEPS = [1, 1, 1, 1, 1];

const optionsOf = (name: string): Partial<TrainOptions> => ({
  model: join(ROOT, name),
  data: join(ROOT, "train.csv"),
  eval: join(ROOT, "sts.csv"),
  batchSize: 8,
  shuffle: false,
  weightDecay: 0,
  maxGradNorm: 1e9,
  maxLength: 64,
  steps: 5,
});

const referenceOf = (name: string): Reference =>
  JSON.parse(readFileSync(join(ROOT, name, "reference.json"), "utf8"));

/** The largest |x/y − 1|. */
const relative = (x: readonly number[], y: readonly number[]): number =>
  Math.max(...x.map((v, i) => Math.abs(v / y[i] - 1)));

describe.skipIf(!existsSync(ROOT)).each(KINDS)("%s (needs ../shared/encoders)", (name) => {
  it("five steps have PyTorch's losses and gradient norms", async () => {
    const { losses, norms } = referenceOf(name);
    const found = await updates({ ...optionsOf(name), tune: "full" }, STEPS);
    expect(relative(found.losses, losses)).toBeLessThan(1e-5);
    expect(relative(found.gradNorms, norms)).toBeLessThan(1e-4);
  });
});
