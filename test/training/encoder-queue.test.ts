import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining } from "../../src/training/plan/plan.js";
import { checkpointPath, readCheckpoint } from "../../src/training/run-folder/checkpoint.js";
import type { TrainEvent } from "../../src/training/run-folder/events.js";
import { gradientDistance, options, updates } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const tiny = "test/fixtures/encoders/bert-torchscript-14";
const queued = (changes: Partial<TrainOptions>, queue = 8): Partial<TrainOptions> => ({
  model: tiny,
  objectiveOptions: { queue },
  ...changes,
});

const modes: [string, Partial<TrainOptions>][] = [
  ["full", { tune: "full" }],
  ["the last layer", { tune: "last:1" }],
  ["adapters with a head", { tune: "lora", headDim: 8, head: "linear" }],
];

/** Cosine of two vectors of length D in one array. */
function cosine(all: Float32Array, D: number, [i, j]: readonly [number, number]): number {
  const [u, v] = [all.subarray(i * D, (i + 1) * D), all.subarray(j * D, (j + 1) * D)];
  return u.reduce((sum, x, k) => sum + x * v[k], 0) / (Math.hypot(...u) * Math.hypot(...v));
}

describe("a queue beside an encoder that is trained", () => {
  it("holds the vectors of the batch before: the loss is that of all candidates", async () => {
    const changes = queued({ tune: "full" }, 4);
    const plan = await planTraining(options(changes));
    const [before, now] = plan.sampler.plan(0).batches as [Int32Array, Int32Array];
    const rows = [...before, ...now].map((row) => plan.files[0].train.rows[row] as PairTexts);
    const embed = [...rows.map(({ anchor }) => anchor), ...rows.map(({ positive }) => positive)];
    const { losses, vectors, weights } = await updates(changes, [1, 1], { learningRate: 0, embed });
    const D = vectors.length / embed.length;
    const lossOf = (anchors: readonly number[], candidates: readonly number[]): number => {
      const terms = anchors.map((i) => {
        const logits = candidates.map((j) => cosine(vectors, D, [i, 8 + j]) / 0.05);
        const own = cosine(vectors, D, [i, 8 + i]) / 0.05;
        return Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0)) - own;
      });
      return terms.reduce((sum, x) => sum + x, 0) / terms.length;
    };
    expect(losses[0]).toBeCloseTo(lossOf([0, 1, 2, 3], [0, 1, 2, 3]), 4);
    expect(losses[1]).toBeCloseTo(lossOf([4, 5, 6, 7], [4, 5, 6, 7, 0, 1, 2, 3]), 4);
    expect(weights.buffers!.get("queue.vectors")!.shape).toEqual([4, D]);
  });

  it.each(modes)("gives chunks the gradients of the whole batch: %s", async (_, changes) => {
    const run = (more: Partial<TrainOptions>) =>
      updates(queued({ ...changes, dropout: 0.1, ...more }), [1, 2], { learningRate: 0 });
    const plain = await run({});
    const cached = await run({ miniBatchTokens: 24 });
    expect(gradientDistance(cached.weights, plain.weights)).toBeLessThan(1e-5);
    const without = await run({ objectiveOptions: {} });
    expect(gradientDistance(without.weights, plain.weights)).toBeGreaterThan(1e-3);
  });

  it.each(modes)("goes on from a checkpoint bit for bit: %s", async (_, changes) => {
    const settings = options({ ...queued(changes), steps: 4, saveEvery: 2, keep: 9 });
    await train({ ...settings, accumulate: 2, batchSize: 3 });
    const again = `${settings.out} again`;
    cpSync(settings.out, again, { recursive: true });
    const at = (run: string, step: number) => checkpointPath(join(run, "checkpoints"), step);
    rmSync(at(again, 4), { recursive: true });
    await train({ ...settings, accumulate: 2, batchSize: 3, out: again, resume: true });
    const { weights } = readCheckpoint(at(again, 4));
    expect(weights).toEqual(readCheckpoint(at(settings.out, 4)).weights);
    expect(weights.buffers!.get("queue.texts")!.data).not.toContain(-1n);

    // A checkpoint that has lost its queue is damaged: it is passed over with a note, and the run ends the same from further back.
    rmSync(at(again, 4), { recursive: true });
    rmSync(join(at(again, 2), "buffers.safetensors"));
    const notes: string[] = [];
    const onEvent = (event: TrainEvent) => {
      if (event.type === "note") notes.push(event.message);
    };
    await train({ ...settings, accumulate: 2, batchSize: 3, out: again, resume: true, onEvent });
    expect(notes.join("\n")).toMatch(/a checkpoint is ignored: .*step-000002/);
    expect(readCheckpoint(at(again, 4)).weights).toEqual(weights);
  });
});

interface PairTexts {
  readonly anchor: string;
  readonly positive: string;
}
