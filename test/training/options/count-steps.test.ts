import { describe, expect, it } from "vitest";
import type { Sampler } from "../../../src/dataset/batches/sampler.js";
import { countSteps, defaultEpochs } from "../../../src/training/options/count-steps.js";
import { resolveSettings } from "../../../src/training/options/settings.js";

const sampler = (batches: number): Sampler => ({
  plan: () =>
    ({ batches: Array.from({ length: batches }, () => Int32Array.of(0)), unused: [] }) as never,
});
const settings = (changes: object = {}) =>
  resolveSettings({ data: "a.csv", out: "run", ...changes });
const counted = (batches: number, changes: object = {}, inputs: object = {}) =>
  countSteps(settings(changes), {
    sampler: sampler(batches),
    prescribed: {},
    selects: true,
    ...inputs,
  });

describe("defaultEpochs", () => {
  it.each([
    [1, 10],
    [10, 10],
    [11, 10],
    [12, 9],
    [33, 4],
    [99, 2],
    [100, 1],
    [5000, 1],
  ])("of %d updates each are %d", (updates, epochs) => {
    expect(defaultEpochs(updates)).toBe(epochs);
  });
});

describe("countSteps", () => {
  it("makes a hundred updates of few rows, stops in time, and says so", () => {
    const { settings: own, steps, notes, evalEvery } = counted(25);
    expect([steps, own.epochs, own.patience, evalEvery]).toEqual([100, 4, 5, 25]);
    expect(notes).toEqual([
      "4 epochs, since one is 25 updates and fewer than 100 teach little, stopped after 5 evaluations without a better one (--epochs)",
    ]);
  });

  it("counts updates, not batches", () => {
    expect(counted(50, { accumulate: 2 }).settings.epochs).toBe(4);
  });

  it("makes one epoch where that is enough, without patience or a word", () => {
    const { settings: own, steps, notes } = counted(150);
    expect([steps, own.epochs, own.patience]).toEqual([150, 1, undefined]);
    expect(notes).toEqual([]);
  });

  it("leaves alone what is given", () => {
    expect(counted(25, { epochs: 1 })).toMatchObject({ steps: 25, notes: [] });
    expect(counted(25, { epochs: 1 }).settings.patience).toBeUndefined();
    expect(counted(25, { steps: 7 })).toMatchObject({
      steps: 7,
      notes: [],
      settings: { epochs: 1 },
    });
    expect(counted(25, { patience: 1 }).settings.patience).toBe(1);
  });

  it("stops no run early that is compared with others or measured by nothing", () => {
    expect(counted(25, {}, { selects: false }).settings.patience).toBeUndefined();
    const compared = counted(25, {}, { prescribed: { compared: true, epochs: 2 } });
    expect([compared.steps, compared.settings.patience]).toEqual([50, undefined]);
  });
});
