import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holdOut } from "../../src/dataset/hold-out.js";
import type { PairRow } from "../../src/dataset/rows/row-types.js";
import { UserError } from "../../src/errors/user-error.js";

const rowsOf = (count: number, make: (i: number) => Partial<PairRow>): PairRow[] =>
  Array.from({ length: count }, (_, i) => ({
    anchor: `a${i}`,
    positive: `p${i}`,
    negatives: [],
    line: i + 2,
    ...make(i),
  }));

const texts = (rows: readonly PairRow[]): Set<string> =>
  new Set(rows.flatMap((r) => [r.anchor, r.positive, ...r.negatives]));
const groups = (rows: readonly PairRow[]): Set<string> =>
  new Set(rows.flatMap((r) => r.group ?? []));

describe("holding out", () => {
  it("takes a tenth of the anchors", () => {
    const { train, heldOut, notes } = holdOut(
      rowsOf(200, () => ({})),
      { seed: 1 },
    );
    expect([train.length, heldOut.length]).toEqual([180, 20]);
    expect(notes).toEqual([]);
    expect(
      holdOut(
        rowsOf(200, () => ({})),
        { seed: 1, share: 0.25 },
      ).heldOut,
    ).toHaveLength(50);
  });

  it("counts anchors, not rows, and keeps groups whole", () => {
    const rows = rowsOf(480, (i) => ({ anchor: `a${i % 240}`, group: `g${i % 40}` }));
    const { heldOut, train } = holdOut(rows, { seed: 1 });
    expect(new Set(heldOut.map((r) => r.anchor)).size).toBe(24);
    expect([...groups(heldOut)].filter((g) => groups(train).has(g))).toEqual([]);
  });

  it("is the same for a seed and another for another", () => {
    const rows = rowsOf(100, () => ({}));
    expect(holdOut(rows, { seed: 4 })).toEqual(holdOut(rows, { seed: 4 }));
    expect(holdOut(rows, { seed: 4 }).heldOut).not.toEqual(holdOut(rows, { seed: 5 }).heldOut);
  });

  it("leaks no text and no group, and loses no row silently", () => {
    const text = fc.constantFrom(...Array.from({ length: 60 }, (_, i) => `t${i}`));
    const row = fc
      .record({
        anchor: text,
        positive: text,
        negatives: fc.array(text, { maxLength: 2 }),
        group: fc.option(fc.constantFrom("g", "h", "i"), { nil: undefined, freq: 10 }),
      })
      .map(
        ({ group, ...r }): PairRow => ({
          ...r,
          line: 1,
          ...(group === undefined ? {} : { group }),
        }),
      );
    fc.assert(
      fc.property(fc.array(row, { minLength: 4, maxLength: 80 }), fc.nat(), (rows, seed) => {
        try {
          const { train, heldOut, notes } = holdOut(rows, { seed });
          expect([...texts(heldOut)].filter((t) => texts(train).has(t))).toEqual([]);
          expect([...groups(heldOut)].filter((g) => groups(train).has(g))).toEqual([]);
          expect(train.length).toBeGreaterThanOrEqual(2);
          expect(heldOut.length).toBeGreaterThanOrEqual(2);
          const lost = rows.length - train.length - heldOut.length;
          if (lost > 0) expect(notes[0]).toContain(`${lost} training rows`);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("holds out single anchors of a giant component, and explains it", () => {
    const chain = rowsOf(100, (i) => ({ anchor: `t${i}`, positive: `t${i + 1}` }));
    const { train, heldOut, notes } = holdOut(chain, { seed: 1 });
    expect(heldOut).toHaveLength(10);
    expect(train.length).toBeGreaterThan(65);
    expect(notes[0]).toContain("connected through shared texts");
  });

  it("removes explicit negatives that are texts of the other side", () => {
    const rows = rowsOf(50, (i) => ({ negatives: [`p${(i + 1) % 50}`, "common"] }));
    const { train, heldOut, notes } = holdOut(rows, { seed: 1 });
    expect([...texts(heldOut)].filter((t) => texts(train).has(t))).toEqual([]);
    expect(train.some((r) => r.negatives.includes("common"))).toBe(true);
    expect(notes).toHaveLength(2);
  });

  it("refuses what is too small or wholly connected", () => {
    expect(() =>
      holdOut(
        rowsOf(3, () => ({})),
        { seed: 1 },
      ),
    ).toThrow(/too few/);
    expect(() =>
      holdOut(
        rowsOf(50, () => ({ positive: "p" })),
        { seed: 1 },
      ),
    ).toThrow(/without texts on both sides/);
  });
});
