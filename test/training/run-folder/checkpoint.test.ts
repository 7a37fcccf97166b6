import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../../src/errors/user-error.js";
import { sealedText } from "../../../src/files/sealed-json.js";
import { writeTensors } from "../../../src/files/tensor-file.js";
import { float32 } from "../../../src/math/tensor.js";
import { writeBest } from "../../../src/training/run-folder/best.js";
import {
  findCheckpoint,
  readCheckpoint,
  writeCheckpoint,
} from "../../../src/training/run-folder/checkpoint.js";
import type { WeightSource } from "../../../src/training/run-folder/weights.js";
import { flipBit } from "../../support/damage.js";

const values = float32([2, 3], Float32Array.from([1, -2, 3, 4.5, 0, 1e-3]));
const source: WeightSource = {
  write: async (path, parts) =>
    writeTensors(path, new Map(parts.map(({ suffix }) => [`w${suffix}`, values]))),
  buffers: () => new Map([["queue.next", values]]),
};
const stateAt = (step: number, best = 2) => ({
  step,
  best: { step: best, value: 0.5 },
  start: 0.25,
  evaluationsSinceBest: 1,
  sampler: { epoch: 0, batch: step },
});
const limits = { steps: 8, accumulate: 1, batches: () => 9 };

/** checkpoints/ with best-2 and steps 4 and 8. */
async function written(): Promise<string> {
  const checkpoints = mkdtempSync(join(tmpdir(), "checkpoints "));
  await writeBest(checkpoints, 2, source);
  for (const step of [4, 8]) await writeCheckpoint(checkpoints, stateAt(step), source);
  return checkpoints;
}

const stepOf = (checkpoints: string) =>
  findCheckpoint(checkpoints, { limits }).checkpoint?.state.step;
const newest = (checkpoints: string, file: string) => join(checkpoints, "step-000008", file);

describe("one flipped bit anywhere in a checkpoint", () => {
  const files = [
    "parameters.safetensors",
    "optimizer.safetensors",
    "buffers.safetensors",
    "state.json",
  ];

  it.each(files)("in %s is noticed, or changes nothing that is read", async (file) => {
    const whole = await written();
    const folder = mkdtempSync(join(tmpdir(), "flipped "));
    const wanted = readCheckpoint(join(whole, "step-000008"));
    let noticed = 0;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (place) => {
        cpSync(join(whole, "step-000008"), folder, { recursive: true });
        flipBit(join(folder, file), place);
        try {
          // Spaces of state.json are no part of what it says.
          expect(readCheckpoint(folder)).toEqual(wanted);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          noticed += 1;
        }
      }),
      { numRuns: 200 },
    );
    expect(noticed).toBeGreaterThan(file === "state.json" ? 100 : 199);
  });
});

describe("findCheckpoint", () => {
  it("goes back to the checkpoint before a damaged one and says which and why", async () => {
    const checkpoints = await written();
    flipBit(newest(checkpoints, "optimizer.safetensors"), 0.9);
    const { checkpoint, remarks } = findCheckpoint(checkpoints, { limits });
    expect(checkpoint?.state.step).toBe(4);
    expect(remarks).toEqual([
      "a checkpoint is ignored: step-000008: the checkpoint is damaged: its content does not fit its SHA-256",
    ]);
  });

  it("takes no checkpoint whose best parameters are damaged or gone", async () => {
    const checkpoints = await written();
    await writeBest(checkpoints, 6, source);
    await writeCheckpoint(checkpoints, stateAt(8, 6), source);
    expect(stepOf(checkpoints)).toBe(8);
    flipBit(join(checkpoints, "best-000006", "parameters.safetensors"), 0.9);
    expect(stepOf(checkpoints)).toBe(4);
    rmSync(join(checkpoints, "best-000006"), { recursive: true });
    expect(findCheckpoint(checkpoints, { limits }).remarks[0]).toContain(
      "the parameters of its best step 6 are gone",
    );
    rmSync(join(checkpoints, "best-000002"), { recursive: true });
    expect(stepOf(checkpoints)).toBeUndefined();
  });

  it("takes no state that the plan cannot be in, however well it is sealed", async () => {
    const impossible = [
      { ...stateAt(8), sampler: { epoch: 0, batch: 7 } },
      { ...stateAt(8), sampler: { epoch: 0, batch: -3 } },
      { ...stateAt(8), sampler: { epoch: 3, batch: 9 } },
      { ...stateAt(8, 9) },
      { ...stateAt(8), evaluationsSinceBest: 100 },
      { ...stateAt(4) },
      { ...stateAt(8), best: { step: 2, value: "high" } },
    ];
    for (const state of impossible) {
      const checkpoints = await written();
      const path = newest(checkpoints, "state.json");
      const { files } = JSON.parse(readFileSync(path, "utf8"));
      writeFileSync(path, sealedText({ ...state, files }));
      expect(stepOf(checkpoints)).toBe(4);
    }
    const short = { limits: { ...limits, steps: 7 } };
    expect(findCheckpoint(await written(), short).checkpoint?.state.step).toBe(4);
  });

  it("reads checkpoints of versions that kept no hashes, and says that they were not checked", async () => {
    const checkpoints = await written();
    const path = newest(checkpoints, "state.json");
    const { seal: _, sha256: __, files: ___, ...old } = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify(old));
    const { checkpoint, remarks } = findCheckpoint(checkpoints, { limits });
    expect(checkpoint?.state).toEqual(stateAt(8));
    expect(remarks).toEqual([
      "step-000008 was written without SHA-256, so damage in it would not be noticed",
    ]);
  });

  it("is not misled by a file where checkpoints should be", () => {
    const folder = mkdtempSync(join(tmpdir(), "odd "));
    mkdirSync(join(folder, "step-000003"));
    writeFileSync(join(folder, "step-000004"), "no folder");
    const { checkpoint, remarks } = findCheckpoint(folder, { limits });
    expect(checkpoint).toBeUndefined();
    expect(remarks).toHaveLength(2);
  });
});
