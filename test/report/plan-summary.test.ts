import { describe, expect, it } from "vitest";
import { formatPlan } from "../../src/report/plan-summary.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { planTraining } from "../../src/training/plan/plan.js";
import { options } from "../support/encoder-run.js";

const prompts = { prompts: {}, defaultPromptName: undefined };

async function trainingLine(changes: Partial<TrainOptions>): Promise<string | undefined> {
  const plan = formatPlan(await planTraining(options(changes)), { prompts });
  return plan.split("\n").find((line) => line.startsWith("training"));
}

describe("what a plan says of training", () => {
  it("names what is trained, what stays and how", async () => {
    expect(await trainingLine({})).toMatch(
      /^training {3}linear head, 24 rows, \d+ distinct texts$/,
    );
    const full = {
      tune: "full",
      freeze: "embeddings",
      layerDecay: 0.8,
      dropout: "config",
    } as const;
    expect(await trainingLine({ ...full, miniBatchTokens: 200, accumulate: 2 })).toContain(
      "encoder (full, embeddings frozen), layer decay 0.8, dropout of config.json, at most 200 tokens at once, 2 batches an update, 24 rows",
    );
    expect(await trainingLine({ tune: "last:2", head: "mlp", dropout: 0.1 })).toContain(
      "encoder (last:2), mlp head, dropout 0.1, 24 rows",
    );
  });

  it("states memory, and that it is not all", async () => {
    const MB = 2 ** 20;
    const memory = {
      trained: MB,
      frozen: 2 * MB,
      optimizer: 3 * MB,
      activations: 4 * MB,
      tokens: 1234,
      limit: 2048 * MB,
      limitedBy: "container" as const,
    };
    const plan = formatPlan(await planTraining(options({})), { prompts, memory });
    expect(plan).toContain(
      "memory     parameters 1.0 MB, 2.0 MB of weights that stay, gradients and optimizer 3.0 MB, activations 4.0 MB at 1,234 tokens; the program and copies of the model on top; of the 2048.0 MB of the container",
    );
  });
});
