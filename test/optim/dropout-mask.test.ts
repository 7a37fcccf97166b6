import { describe, expect, it } from "vitest";
import { createMaskFiller, type MaskKey, type MaskRun } from "../../src/optim/dropout-mask.js";

const KEY: MaskKey = { seed: 42, step: 1, site: "dropout.0.attention" };

const whole = (length: number): MaskRun[] => [{ target: 0, place: 0, length }];

function fill(
  length: number,
  options: { key?: Partial<MaskKey>; runs?: MaskRun[]; rate?: number },
) {
  const { key = {}, runs = whole(length), rate = 0.1 } = options;
  return createMaskFiller().fill({ ...KEY, ...key }, rate, { length, runs });
}

const differing = (x: Float32Array, y: Float32Array) => x.filter((v, i) => v !== y[i]).length;

describe("a dropout mask", () => {
  it("is 0 with the rate's probability and 1/(1 − rate) elsewhere", () => {
    const n = 1_000_000;
    for (const rate of [0.1, 0.5, 0.9]) {
      const mask = fill(n, { rate });
      expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
      const dropped = mask.filter((x) => x === 0).length / n;
      // Four standard deviations of a binomial share.
      expect(Math.abs(dropped - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / n));
    }
  });

  it("keeps everything at rate 0", () => {
    expect(new Set(fill(100, { rate: 0 }))).toEqual(new Set([1]));
  });

  it("is the same for the same key and has nothing to do with another", () => {
    const n = 100_000;
    const mask = fill(n, {});
    expect(fill(n, {})).toEqual(mask);
    for (const key of [{ seed: 43 }, { step: 2 }, { site: "dropout.1.attention" }]) {
      // Independent masks differ where exactly one drops: 2 · 0.1 · 0.9.
      expect(differing(fill(n, { key }), mask) / n).toBeCloseTo(0.18, 2);
    }
  });

  it("shows no correlation between neighbours, at power-of-two distances or with the position", () => {
    const n = 1 << 20;
    const mask = fill(n, { rate: 0.5 });
    for (const distance of [1, 2, 3, 4, 32, 384, 1024, 4096]) {
      let both = 0;
      for (let i = 0; i + distance < n; i++) if (mask[i] === 0 && mask[i + distance] === 0) both++;
      expect(Math.abs(both / (n - distance) - 0.25)).toBeLessThan(0.002);
    }
    for (const bit of [1, 2, 16, 512]) {
      const set = mask.filter((x, i) => x === 0 && (i & bit) !== 0).length;
      expect(Math.abs(set / (n / 2) - 0.5)).toBeLessThan(0.003);
    }
  });

  it("can be made in parts of any length, in any order", () => {
    const n = 1000;
    const mask = fill(n, {});
    const cuts = [0, 1, 3, 7, 8, 21, 500, 998, 1000];
    const runs = cuts.slice(1).map((end, i) => {
      const start = cuts[i];
      return { target: start, place: start, length: end - start };
    });
    expect(fill(n, { runs: runs.reverse() })).toEqual(mask);
    const part = fill(10, { runs: [{ target: 0, place: 500, length: 10 }] });
    expect(part).toEqual(mask.slice(500, 510));
  });

  it("is 0 outside its runs", () => {
    const mask = fill(10, { rate: 0, runs: [{ target: 2, place: 0, length: 3 }] });
    expect([...mask]).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 0, 0]);
  });

  it("fills a larger mask after a smaller one, and the smaller again", () => {
    const filler = createMaskFiller();
    const small = filler.fill(KEY, 0.1, { length: 10, runs: whole(10) });
    filler.fill(KEY, 0.1, { length: 100_000, runs: whole(100_000) });
    expect(filler.fill(KEY, 0.1, { length: 10, runs: whole(10) })).toEqual(small);
  });
});
