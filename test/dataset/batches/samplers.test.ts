import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classNumbers, classSampler } from "../../../src/dataset/batches/class-sampler.js";
import { pairBatcher } from "../../../src/dataset/batches/pair-batch.js";
import { indexPairs } from "../../../src/dataset/batches/pair-index.js";
import {
  batchCursor,
  type Sampler,
  stepsInEpochs,
  stepsPerEpoch,
} from "../../../src/dataset/batches/sampler.js";
import { pairSampler, plainSampler } from "../../../src/dataset/batches/samplers.js";
import { pairsToClasses } from "../../../src/dataset/rows/classes.js";
import type { ClassedRow, PairRow } from "../../../src/dataset/rows/row-types.js";
import { UserError } from "../../../src/errors/user-error.js";

const text = fc.constantFrom(...Array.from({ length: 30 }, (_, i) => `t${i}`));
const pairRow = fc
  .record({
    anchor: text,
    positive: text,
    negatives: fc.array(text, { maxLength: 2 }),
    group: fc.option(fc.constantFrom("g", "h"), { nil: undefined, freq: 8 }),
  })
  .map(
    ({ group, ...row }): PairRow => ({
      ...row,
      line: 1,
      ...(group === undefined ? {} : { group }),
    }),
  );
const pairRows = fc.array(pairRow, { minLength: 2, maxLength: 60 });

/** The sampler, or undefined where the data allow no batch. */
function unlessRefused(make: () => Sampler): Sampler | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** All rows of an epoch, unused ones included, sorted. */
function everyRow(sampler: Sampler, epoch: number): number[] {
  const { batches, unused } = sampler.plan(epoch);
  return [...batches.flatMap((b) => [...b]), ...unused].sort((a, b) => a - b);
}

describe("the pair sampler", () => {
  it("gives each row once an epoch and no text twice in a batch", () => {
    fc.assert(
      fc.property(pairRows, fc.integer({ min: 2, max: 16 }), fc.nat(), (rows, batchSize, seed) => {
        const sampler = unlessRefused(() => pairSampler(indexPairs(rows), { batchSize, seed }));
        for (const epoch of sampler ? [0, 1] : []) {
          expect(everyRow(sampler as Sampler, epoch)).toEqual([...rows.keys()]);
          for (const batch of (sampler as Sampler).plan(epoch).batches) {
            expect(batch.length).toBeGreaterThanOrEqual(2);
            expect(batch.length).toBeLessThanOrEqual(batchSize);
            const members = Array.from(batch, (i) => rows[i]);
            const main = members.flatMap((r) => [...new Set([r.anchor, r.positive])]);
            expect(new Set(main).size).toBe(main.length);
            const negatives = members.flatMap((r, i) =>
              r.negatives.filter((n) =>
                members.some((o, j) => i !== j && (o.anchor === n || o.positive === n)),
              ),
            );
            expect(negatives).toEqual([]);
          }
        }
      }),
    );
  });

  it("avoids connected rows when asked", () => {
    fc.assert(
      fc.property(pairRows, fc.integer({ min: 2, max: 16 }), (rows, batchSize) => {
        const index = indexPairs(rows);
        const sampler = unlessRefused(() =>
          pairSampler(index, { batchSize, seed: 1, avoid: "component" }),
        );
        if (sampler === undefined) return;
        expect(everyRow(sampler, 0)).toEqual([...rows.keys()]);
        const K = index.maxNegatives;
        for (const batch of sampler.plan(0).batches) {
          const components = Array.from(batch, (i) => index.components[i]);
          expect(new Set(components).size).toBe(components.length);
          const { mask, candidates } = pairBatcher(index)(batch);
          const [B, N] = [batch.length, candidates.length];
          for (let i = 0; i < B; i++) {
            for (let j = 0; j < N; j++) {
              const owner = j < B ? j : Math.floor((j - B) / K);
              const present = j < B || (j - B) % K < rows[batch[owner]].negatives.length;
              if (present && owner !== i) expect(mask[i * N + j]).toBe(0);
            }
          }
        }
      }),
    );
  });

  it("lets explicit negatives meet only when nothing else is left", () => {
    const rows = Array.from(
      { length: 40 },
      (_, i): PairRow => ({
        anchor: `a${i}`,
        positive: `p${i}`,
        negatives: [`n${i % 20}`],
        line: i,
      }),
    );
    const sampler = pairSampler(indexPairs(rows), { batchSize: 20, seed: 3 });
    for (const batch of sampler.plan(0).batches)
      expect(new Set(Array.from(batch, (i) => i % 20)).size).toBe(20);
    const same = rows.map((row) => ({ ...row, negatives: ["n"] }));
    expect(
      pairSampler(indexPairs(same), { batchSize: 20, seed: 3 })
        .plan(0)
        .batches.map((b) => b.length),
    ).toEqual([20, 20]);
  });

  it("uses the last short batch, and every row of repeated anchors when batches suffice", () => {
    const rows = Array.from(
      { length: 130 },
      (_, i): PairRow => ({ anchor: `a${i % 65}`, positive: `p${i}`, negatives: [], line: i }),
    );
    const { batches, unused } = pairSampler(indexPairs(rows), { batchSize: 32, seed: 5 }).plan(0);
    expect(unused).toHaveLength(0);
    expect(batches.length).toBeLessThanOrEqual(6);
  });

  it("is the same for a seed and an epoch, and another otherwise", () => {
    const rows = Array.from(
      { length: 50 },
      (_, i): PairRow => ({ anchor: `a${i}`, positive: `p${i}`, negatives: [], line: i }),
    );
    const index = indexPairs(rows);
    const plan = (seed: number, epoch: number): number[][] =>
      pairSampler(index, { batchSize: 8, seed })
        .plan(epoch)
        .batches.map((b) => [...b]);
    expect(plan(1, 3)).toEqual(plan(1, 3));
    expect(plan(1, 3)).not.toEqual(plan(1, 4));
    expect(plan(1, 3)).not.toEqual(plan(2, 3));
  });

  it("without shuffling takes consecutive rows, repetitions or not", () => {
    const rows = Array.from(
      { length: 5 },
      (_, i): PairRow => ({ anchor: "a", positive: `p${i}`, negatives: [], line: i }),
    );
    const { batches, unused } = pairSampler(indexPairs(rows), {
      batchSize: 2,
      seed: 1,
      shuffle: false,
    }).plan(4);
    expect(batches.map((b) => [...b])).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect([...unused]).toEqual([4]);
  });

  it("refuses data of which no batch can be made", () => {
    const rows = Array.from(
      { length: 5 },
      (_, i): PairRow => ({ anchor: "a", positive: `p${i}`, negatives: [], line: i }),
    );
    expect(() => pairSampler(indexPairs(rows), { batchSize: 2, seed: 1 })).toThrow(
      /share a text or a group/,
    );
    expect(() => pairSampler(indexPairs(rows.slice(0, 1)), { batchSize: 2, seed: 1 })).toThrow(
      /1 row is left/,
    );
  });

  it("assembles batches of 256 of 20,000 rows fast enough for 150 steps a second", () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i): PairRow => ({
        anchor: `anchor ${i % 17_000}`,
        positive: `positive ${i % 19_000}`,
        negatives: i % 3 ? [`negative ${i % 9000}`] : [],
        line: i,
      }),
    );
    const index = indexPairs(rows);
    const sampler = pairSampler(index, { batchSize: 256, seed: 1 });
    const batch = pairBatcher(index);
    const cursor = batchCursor(sampler);
    const steps = 3 * stepsPerEpoch(sampler);
    for (let i = 0; i < steps; i++) batch(cursor.next().rows);
    // The processor's time, in µs: what else the machine does is no matter.
    const start = process.cpuUsage();
    for (let i = 0; i < steps; i++) batch(cursor.next().rows);
    const { user, system } = process.cpuUsage(start);
    const perBatch = (user + system) / 1000 / steps;
    // Measured 0.1–0.4 ms; the bound leaves room for a slow machine and is still a quarter of a step.
    expect(perBatch).toBeLessThan(1.5);
  });
});

describe("the plain sampler", () => {
  it("gives each row once, the short batch last, or leaves it out when it is too short", () => {
    const sampler = plainSampler(10, { batchSize: 3, seed: 1 });
    expect(everyRow(sampler, 2)).toEqual([...Array(10).keys()]);
    expect(sampler.plan(2).batches.map((b) => b.length)).toEqual([3, 3, 3, 1]);
    const strict = plainSampler(10, { batchSize: 3, seed: 1, leastRows: 2 }).plan(0);
    expect([strict.batches.length, strict.unused.length]).toEqual([3, 1]);
    expect(() => plainSampler(0, { batchSize: 3, seed: 1 })).toThrow(UserError);
  });
});

describe("the class sampler", () => {
  const classed = (sizes: readonly number[]): ClassedRow[] =>
    sizes.flatMap((size, c) =>
      Array.from({ length: size }, (_, i) => ({ text: `c${c} t${i}`, label: `c${c}`, line: i })),
    );

  it("fills batches with P classes of M texts", () => {
    const rows = classed(Array(20).fill(16));
    const { batches, unused } = classSampler(rows, { batchSize: 32, perClass: 4, seed: 1 }).plan(0);
    expect(unused).toHaveLength(0);
    expect(batches).toHaveLength(10);
    const labels = classNumbers(rows);
    const balanced = batches.filter((batch) => {
      const times = new Map<number, number>();
      for (const row of batch) times.set(labels[row], (times.get(labels[row]) ?? 0) + 1);
      return times.size === 8 && [...times.values()].every((n) => n === 4);
    });
    expect(balanced.length).toBeGreaterThanOrEqual(8);
  });

  it("gives each text once, every batch with two of a class and another class", () => {
    const row = fc
      .record({ text, label: fc.constantFrom("a", "b", "c", "d", "e") })
      .map((r): ClassedRow => ({ ...r, line: 1 }));
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 3, maxLength: 80 }),
        fc.integer({ min: 4, max: 24 }),
        fc.integer({ min: 2, max: 5 }),
        (rows, batchSize, perClass) => {
          const sampler = unlessRefused(() => classSampler(rows, { batchSize, perClass, seed: 2 }));
          if (sampler === undefined) return;
          expect(everyRow(sampler, 0)).toEqual([...rows.keys()]);
          for (const batch of sampler.plan(0).batches) {
            const members = Array.from(batch, (i) => rows[i]);
            const labels = new Set(members.map((r) => r.label));
            expect(labels.size).toBeGreaterThan(1);
            expect(labels.size).toBeLessThan(members.length);
            expect(new Set(members.map((r) => r.text)).size).toBe(members.length);
            expect(batch.length).toBeLessThanOrEqual(Math.max(batchSize, perClass + 1));
          }
        },
      ),
    );
  });

  it("fills batches also when there are only two classes", () => {
    const rows = classed([200, 200]);
    const { batches } = classSampler(rows, { batchSize: 40, perClass: 4, seed: 1 }).plan(0);
    expect(batches[0]).toHaveLength(40);
    const ones = Array.from(batches[0]).filter((row) => row >= 200).length;
    expect(ones).toBe(20);
  });

  it("keeps a pair row's texts together, and connected rows apart", () => {
    fc.assert(
      fc.property(pairRows, fc.integer({ min: 6, max: 24 }), (pairs, batchSize) => {
        const clean = pairs.map((p) => ({
          ...p,
          negatives: [...new Set(p.negatives)].filter((n) => n !== p.anchor && n !== p.positive),
        }));
        const rows = pairsToClasses(clean);
        const sampler = unlessRefused(() =>
          classSampler(rows, { batchSize, perClass: 2, seed: 2 }),
        );
        if (sampler === undefined) return;
        expect(everyRow(sampler, 0)).toEqual([...rows.keys()]);
        for (const batch of sampler.plan(0).batches) {
          const members = Array.from(batch, (i) => rows[i]);
          for (const unit of new Set(members.map((r) => r.unit))) {
            expect(members.filter((r) => r.unit === unit)).toHaveLength(
              rows.filter((r) => r.unit === unit).length,
            );
          }
          for (const a of members)
            for (const b of members) if (a.text === b.text) expect(a.unit).toBe(b.unit);
        }
      }),
    );
  });

  it("refuses one class and single texts", () => {
    expect(() => classSampler(classed([10]), { batchSize: 8, perClass: 2, seed: 1 })).toThrow(
      /two texts of one class/,
    );
    expect(() => classSampler(classed([1, 1, 1]), { batchSize: 8, perClass: 2, seed: 1 })).toThrow(
      UserError,
    );
  });
});

describe("the cursor", () => {
  const rows = Array.from(
    { length: 23 },
    (_, i): PairRow => ({ anchor: `a${i % 9}`, positive: `p${i}`, negatives: [], line: i }),
  );
  const sampler = pairSampler(indexPairs(rows), { batchSize: 4, seed: 9 });

  it("goes on from any state exactly, also after JSON", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), (stop) => {
        const whole = batchCursor(sampler);
        for (let i = 0; i < stop; i++) whole.next();
        const resumed = batchCursor(sampler, JSON.parse(JSON.stringify(whole.state())));
        for (let i = 0; i < 12; i++) expect(resumed.next()).toEqual(whole.next());
      }),
    );
  });

  it("counts steps", () => {
    const perEpoch = [0, 1, 2].map((epoch) => stepsPerEpoch(sampler, epoch));
    const [first, second, third] = perEpoch as [number, number, number];
    expect(stepsInEpochs(sampler, 3)).toBe(first + second + third);
    expect(stepsInEpochs(sampler, 1.5)).toBe(first + Math.ceil(second / 2));
    const cursor = batchCursor(sampler);
    for (let i = 0; i < first + second; i++) cursor.next();
    expect(cursor.state()).toEqual({ epoch: 2, batch: 0 });
  });
});
