import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planTraining } from "../../src/training/plan/plan.js";
import { runTraining } from "../../src/training/run/run.js";
import { checkpointPath, readCheckpoint } from "../../src/training/run-folder/checkpoint.js";
import { csvOf, temporary } from "../support/rows.js";

describe("a run with a queue", () => {
  it("goes on from its checkpoint bit for bit, the queue included", async () => {
    const out = join(temporary(), "run");
    const options = {
      data: csvOf("triplet"),
      out,
      objectiveOptions: { queue: 25 },
      steps: 12,
      batchSize: 8,
      lr: 0.01,
      saveEvery: 4,
    };
    const silent = { onEvent: () => {} };
    await runTraining(await planTraining(options), silent);
    const checkpoints = join(out, "checkpoints");
    const whole = readCheckpoint(checkpointPath(checkpoints, 12)).weights;
    const queued = whole.buffers?.get("queue.texts")?.data;
    expect([...queued!].every((text) => Number(text) >= 0)).toBe(true);

    for (const step of [8, 12])
      rmSync(checkpointPath(checkpoints, step), { recursive: true, force: true });
    await runTraining(await planTraining(options), { ...silent, resume: true });
    expect(readCheckpoint(checkpointPath(checkpoints, 12)).weights).toEqual(whole);

    // A checkpoint that has lost its queue is damaged: the run ends the same from further back.
    for (const step of [8, 12])
      rmSync(checkpointPath(checkpoints, step), { recursive: true, force: true });
    rmSync(join(checkpointPath(checkpoints, 4), "buffers.safetensors"));
    await runTraining(await planTraining(options), { ...silent, resume: true });
    expect(readCheckpoint(checkpointPath(checkpoints, 12)).weights).toEqual(whole);
  });
});
