import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { learningRate, type Schedule, warmupSteps } from "../../src/optim/schedule.js";

const fixture = join(import.meta.dirname, "../fixtures/schedule.json");
const golden = JSON.parse(readFileSync(fixture, "utf8")) as (Schedule & { rates: number[] })[];

describe("learningRate", () => {
  for (const { rates, ...schedule } of golden) {
    it(`${schedule.schedule} with ${schedule.warmup} of ${schedule.steps} steps of warm-up equals PyTorch's`, () => {
      expect(rates.length).toBe(schedule.steps);
      rates.forEach((rate, i) => {
        expect(learningRate(schedule, i + 1)).toBeCloseTo(rate, 14);
      });
    });
  }

  it("reaches the peak at the end of the warm-up and zero at the last step", () => {
    const linear: Schedule = { schedule: "linear", rate: 2e-5, warmup: 10, steps: 100 };
    expect(learningRate(linear, 1)).toBeCloseTo(2e-6, 20);
    expect(learningRate(linear, 10)).toBe(2e-5);
    expect(learningRate(linear, 55)).toBeCloseTo(1e-5, 20);
    expect(learningRate(linear, 100)).toBe(0);
    expect(learningRate({ ...linear, schedule: "cosine" }, 100)).toBe(0);
    expect(learningRate({ ...linear, schedule: "constant" }, 100)).toBe(2e-5);
  });

  it("is all warm-up when the warm-up is longer than the run", () => {
    expect(learningRate({ schedule: "linear", rate: 1, warmup: 200, steps: 100 }, 100)).toBe(0.5);
    expect(learningRate({ schedule: "cosine", rate: 1, warmup: 100, steps: 100 }, 100)).toBe(1);
  });
});

describe("warmupSteps", () => {
  it("takes a share of the steps, rounded up, or a number of steps", () => {
    expect(warmupSteps(0.1, 101)).toBe(11);
    expect(warmupSteps(0.07, 100)).toBe(7);
    expect(warmupSteps(0, 100)).toBe(0);
    expect(warmupSteps(1, 100)).toBe(1);
    expect(warmupSteps(250, 100)).toBe(250);
  });

  it("refuses anything else", () => {
    for (const bad of [-0.1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => warmupSteps(bad, 100)).toThrow(
        expect.objectContaining({ code: "bad-warmup", exitCode: 2 }),
      );
    }
  });
});
