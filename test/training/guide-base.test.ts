import { describe, expect, it } from "vitest";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { readRun } from "../../src/training/run-folder/run-folder.js";
import { checkpoint, model, options } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const run = async (changes: Partial<TrainOptions>) => {
  // The base is cut where training cuts, a named model by its own limit, 32: here they are the same.
  const settings = options({ lr: 0.01, maxLength: 32, ...changes });
  await train(settings);
  return { bytes: checkpoint(settings.out, 3), record: readRun(settings.out) };
};

describe.each([["head"], ["last:1"]] as const)("--guide base with --tune %s", (tune) => {
  it("trains as with the base named as a second model, with an absolute or a relative margin", async () => {
    for (const guideMargin of [0.6, "80%"]) {
      const objectiveOptions = { guideMargin };
      const own = await run({ tune, guide: "base", objectiveOptions });
      const named = await run({ tune, guide: model, objectiveOptions });
      const without = await run({ tune });
      expect(own.bytes.equals(named.bytes)).toBe(true);
      expect(own.bytes.equals(without.bytes)).toBe(false);
      expect(own.record.outside!.hash).toBe(own.record.base.hash);
    }
  }, 120_000);
});
