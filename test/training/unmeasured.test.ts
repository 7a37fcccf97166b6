import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { planComparison } from "../../src/jobs/compare.js";
import { loadModel } from "../../src/jobs/load-model.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining } from "../../src/training/plan/plan.js";
import { readLog } from "../../src/training/run-folder/log.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { checkpoint, distance, file, options, pairs, texts } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const single = file(
  "single texts.txt",
  pairs.map((pair) => pair.split(",")[0]),
);

/** Single texts, and nothing to measure by. */
function alone(changes: Partial<TrainOptions>): TrainOptions {
  const { eval: _, ...rest } = options({
    data: single,
    model: "test/fixtures/encoders/bert-torchscript-14",
    ...changes,
  });
  return rest;
}

const simcse = { tune: "full", dropout: 0.1, objective: "infonce" } as const;

describe("training on single texts without --eval", () => {
  it("trains on all texts and leaves the last step, and says so", async () => {
    const settings = alone({ ...simcse, steps: 4, saveEvery: 2 });
    const plan = await planTraining(settings);
    expect(plan.files[0].train.rows).toHaveLength(pairs.length);
    expect(plan.notes.join()).toMatch(/nothing selects the checkpoint.*last step goes out.*--eval/);

    const run = await train(settings);
    expect([run.scores, run.unchanged]).toEqual([undefined, false]);
    const { metric, result } = readRun(settings.out);
    expect(metric).toBe("none");
    expect(result).toMatchObject({ step: 4, bestStep: 4, stoppedEarly: false });
    // How some of the texts lie, so that a collapse is seen all the same.
    const looks = readLog(join(settings.out, "log.jsonl")).filter((line) => "eval" in line);
    expect(looks.map(({ step }) => step)).toEqual([0, 4]);
    for (const look of looks) {
      expect(look).toMatchObject({
        eval: {},
        analysis: { texts: plan.files[0].train.rows.length },
      });
      expect(look.analysis?.effectiveRank).toBeGreaterThan(1);
    }
    const last = await loadModel(join(settings.out, "model"));
    const base = await loadModel(settings.model);
    const [tuned, before] = [await last.encode(texts), await base.encode(texts)];
    expect(distance(tuned.data, before.data)).toBeGreaterThan(1e-5);
    for (const model of [last, base]) await model.release();

    const again = `${settings.out} again`;
    cpSync(settings.out, again, { recursive: true });
    for (const name of ["step-000004", "best-000004"])
      rmSync(join(again, "checkpoints", name), { recursive: true });
    await train({ ...settings, out: again, resume: true });
    expect(checkpoint(again, 4).equals(checkpoint(settings.out, 4))).toBe(true);
    expect(readdirSync(join(again, "checkpoints"))).toContain("best-000004");
  });

  it("goes for augmented texts too, with a frozen encoder or not", async () => {
    for (const changes of [{}, { tune: "last:1", augment: "crop:0.2" }] as const) {
      const settings = alone({ augment: "deletion:0.2", steps: 2, ...changes });
      expect((await train(settings)).record.result?.bestStep).toBe(2);
    }
  });

  it.each([
    ["--metric", { metric: "spearman_cosine" }],
    ["--patience", { patience: 2 }],
    ["--eval-every", { evalEvery: 1 }],
    ["--drop-leaks", { dropLeaks: true }],
  ] as const)("has no use for %s", async (flag, changes) => {
    await expect(planTraining(alone({ ...simcse, ...changes }))).rejects.toThrow(
      `${flag} has no meaning without --eval`,
    );
  });

  it("leaves nothing to compare by", async () => {
    const { out, ...both } = alone(simcse);
    const variants = ["infonce", "nt-xent"].map((objective) => ({
      name: objective,
      options: { ...both, objective },
    }));
    await expect(planComparison(variants, out, { sameSteps: true })).rejects.toThrow(
      "infonce trains on single texts, which have no answer that runs could be compared by",
    );
  });
});
