import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexPairs } from "../../src/dataset/batches/pair-index.js";
import type { PairRow } from "../../src/dataset/rows/row-types.js";
import { createRandom } from "../../src/math/random.js";
import { findCandidates } from "../../src/mining/candidates.js";
import { chooseNegatives } from "../../src/mining/choose-negatives.js";
import {
  inRange,
  noCounts,
  type Scored,
  type SelectionRules,
  selectNegatives,
} from "../../src/mining/select-negatives.js";

const row = (anchor: string, positive: string, more: Partial<PairRow> = {}): PairRow => ({
  anchor,
  positive,
  negatives: [],
  line: 1,
  ...more,
});
const scored = (...scores: number[]): Scored[] =>
  scores.map((score, candidate) => ({ candidate, score }));
const rules: SelectionRules = { rangeMin: 0, rangeMax: 10, sampling: "top", count: 2 };
const context = { positiveScore: 0.8, isKnown: () => false, random: createRandom(1) };

describe("candidates", () => {
  const rows = [
    row("q1", "p1"),
    row("q2", "p2"),
    row("q1", "p3"),
    row("q4", "p4", { group: "g" }),
    row("q5", "p5", { group: "g" }),
  ];
  const index = indexPairs(rows);
  const own = (candidates: ReturnType<typeof findCandidates>, i: number): string[] =>
    candidates.ownOf(index.components[i]).map((c) => candidates.texts[c]);

  it("are the positives, and no row's own or connected ones", () => {
    const candidates = findCandidates(index);
    expect(candidates.texts).toEqual(["p1", "p2", "p3", "p4", "p5"]);
    expect(own(candidates, 0)).toEqual(["p1", "p3"]);
    expect(own(candidates, 1)).toEqual(["p2"]);
    expect(own(candidates, 3)).toEqual(["p4", "p5"]);
  });

  it("are a corpus, in which texts equal but for case and punctuation count as own", () => {
    const candidates = findCandidates(index, ["P1!", "Q1", "other", "other", "p2"]);
    expect(candidates.texts).toEqual(["P1!", "Q1", "other", "p2"]);
    expect(own(candidates, 0)).toEqual(["P1!", "Q1"]);
  });
});

describe("rules", () => {
  it("a relative margin is a share of the positive's size, whatever its sign", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.constantFrom(0.05, 0.5),
        (positive, value) => {
          const margin = { kind: "relative", value } as const;
          const near = scored(
            positive + 0.01,
            positive,
            positive - Math.abs(positive) * value - 0.01,
          );
          const passed = selectNegatives(
            near,
            { ...context, positiveScore: positive },
            { ...rules, margin },
            noCounts(),
          );
          // No candidate as near as the positive passes, unless the positive says nothing at all.
          expect(passed.map(({ candidate }) => candidate)).toEqual(
            Math.abs(positive) * value === 0 ? [1, 2] : [2],
          );
        },
      ),
    );
  });

  it("range: ranks without the row's own texts", () => {
    const counts = noCounts();
    const found = inRange(
      scored(9, 8, 7, 6, 5, 4),
      new Set([0, 2]),
      { ...rules, rangeMin: 1, rangeMax: 3 },
      counts,
    );
    expect(found.map(({ score }) => score)).toEqual([6, 5]);
    expect(counts).toMatchObject({ own: 2, tooNear: 1 });
  });

  it.each([
    [{ maxScore: 0.7 }, [0.7, 0.65], { aboveMaxScore: 2 }],
    [{ margin: { kind: "absolute", value: 0.1 } }, [0.7, 0.65], { withinMargin: 2 }],
    [{ margin: { kind: "relative", value: 0.05 } }, [0.75, 0.7], { withinMargin: 1 }],
    [{ count: 1 }, [0.9], { notNeeded: 4, chosen: 1 }],
  ] as const)("%j", (given, expected, counted) => {
    const counts = noCounts();
    const chosen = selectNegatives(
      scored(0.9, 0.75, 0.7, 0.65, 0.1),
      context,
      { ...rules, ...given },
      counts,
    );
    expect(chosen.map(({ score }) => score)).toEqual(expected);
    expect(counts).toMatchObject(counted);
  });

  it("random: every candidate alike, in their order", () => {
    const hits = new Float64Array(5);
    const random = createRandom(3);
    for (let i = 0; i < 2000; i++) {
      const chosen = selectNegatives(
        scored(5, 4, 3, 2, 1),
        { ...context, random },
        { ...rules, sampling: "random" },
        noCounts(),
      );
      expect(chosen[0].score).toBeGreaterThan(chosen[1].score);
      for (const { candidate } of chosen) hits[candidate] += 1;
    }
    for (const hit of hits) expect(Math.abs(hit / 2000 - 0.4)).toBeLessThan(0.05);
  });
});

describe("chooseNegatives", () => {
  const rows = [row("a", "p0", { negatives: ["p2"] }), row("b", "p1"), row("c", "p2")];
  const index = indexPairs(rows);
  const candidates = findCandidates(index);
  const nearest = { of: () => scored(0.9, 0.5, 0.3).slice(1), counts: noCounts() };
  const options = {
    rows,
    index,
    candidates,
    nearest,
    positives: Float32Array.of(0.9, 0.8, 0.7),
    rules,
    first: 0,
    seed: 1,
  };

  it("adds to what a row has, and counts", () => {
    const mined = chooseNegatives(options);
    expect(mined.rows.map(({ negatives }) => negatives)).toEqual([
      ["p2", "p1"],
      ["p1", "p2"],
      ["p1", "p2"],
    ]);
    expect(mined.rowsWith).toEqual([0, 1, 2]);
    expect(mined.counts).toMatchObject({ known: 1, chosen: 5 });
    const [positives, ranged] = mined.quantiles;
    expect(positives).toMatchObject({ what: "positives", count: 3 });
    expect(positives.values[3]).toBeCloseTo(0.8);
    expect(ranged.count).toBe(6);
  });

  it("goes by a judge's scores", () => {
    const judged = (anchor: number, candidate: number): number =>
      anchor === 0 ? 1 : candidate / 10;
    const mined = chooseNegatives({ ...options, judged, rules: { ...rules, maxScore: 0.15 } });
    expect(mined.rows.map(({ negatives }) => negatives)).toEqual([["p2"], ["p1"], ["p1"]]);
    expect(mined.counts.aboveMaxScore).toBe(3);
  });
});
