import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mixSampler, parseMix } from "../../../src/dataset/batches/mix-sampler.js";
import { plainSampler } from "../../../src/dataset/batches/samplers.js";
import { UserError } from "../../../src/errors/user-error.js";

const sizes = [40, 10, 25];
const parts = () => {
  let first = 0;
  return sizes.map((rows) => {
    const part = { sampler: plainSampler(rows, { batchSize: 5, seed: 1 }), first };
    first += rows;
    return part;
  });
};
const fileOf = (row: number): number => (row < 40 ? 0 : row < 50 ? 1 : 2);
const filesIn = (mix: string, epoch: number): number[] =>
  mixSampler(parts(), parseMix(mix), 7)
    .plan(epoch)
    .batches.map((batch) => {
      const files = new Set(Array.from(batch, fileOf));
      expect(files.size).toBe(1);
      return [...files][0];
    });
const counts = (files: readonly number[]): number[] =>
  [0, 1, 2].map((file) => files.filter((one) => one === file).length);

describe("mixSampler", () => {
  it.each([
    ["proportional", [8, 2, 5]],
    ["round-robin", [5, 5, 5]],
    ["temperature:1", [8, 2, 5]],
    ["temperature:0", [5, 5, 5]],
    ["temperature:0.5", [7, 3, 5]],
  ])("%s: each batch from one file, so many of each", (mix, expected) => {
    expect(counts(filesIn(mix, 0))).toEqual(expected);
    expect(counts(filesIn(mix, 3))).toEqual(expected);
  });

  it("round-robin takes turns, the others are in random order", () => {
    expect(filesIn("round-robin", 0).slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(filesIn("proportional", 0)).not.toEqual(filesIn("proportional", 1));
    expect(filesIn("proportional", 1)).toEqual(filesIn("proportional", 1));
  });

  it("uses each row once an epoch when proportional, whatever the order of asking", () => {
    const sampler = mixSampler(parts(), { kind: "proportional" }, 7);
    for (const epoch of [2, 0, 1]) {
      const rows = sampler.plan(epoch).batches.flatMap((batch) => [...batch]);
      expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: 75 }, (_, i) => i));
    }
  });

  it("goes on with a file where the last epoch stopped", () => {
    const sampler = mixSampler(parts(), { kind: "round-robin" }, 7);
    const rows = [0, 1].flatMap((epoch) =>
      sampler.plan(epoch).batches.flatMap((batch) => [...batch]),
    );
    // Ten batches of the largest file: its eight, and two of its next epoch.
    const times = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => rows.filter((row) => row === from + i).length);
    expect(Math.min(...times(0, 40))).toBe(1);
    expect(Math.max(...times(0, 40))).toBe(2);
    expect(times(40, 50)).toEqual(Array.from({ length: 10 }, () => 5));
  });

  it("keeps the number of batches for any sizes and temperature", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 5, max: 60 }), { minLength: 2, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (all, temperature) => {
          const made = all.map((rows, i) => ({
            sampler: plainSampler(rows, { batchSize: 4, seed: i }),
            first: 1000 * i,
          }));
          const total = all.reduce((sum, rows) => sum + Math.ceil(rows / 4), 0);
          const { batches } = mixSampler(made, { kind: "temperature", temperature }, 1).plan(1);
          expect(Math.abs(batches.length - total)).toBeLessThan(all.length);
        },
      ),
    );
  });

  it.each(["temperature", "temperature:2", "temperature:x", "random", ""])("refuses %j", (text) => {
    expect(() => parseMix(text)).toThrow(UserError);
  });
});
