import { describe, expect, it } from "vitest";
import type { PairRow } from "../../../src/dataset/rows/row-types.js";
import { dealClasses, dealQueries, dealRows } from "../../../src/training/selection/deal.js";

const sizesOf = (folds: Int32Array, count: number): number[] =>
  Array.from({ length: count }, (_, fold) => folds.filter((own) => own === fold).length);

describe("dealRows", () => {
  const rows = Array.from({ length: 40 }, (_, i) => [`text ${i >> 1}`, `other ${i}`]);

  it("puts each row into one fold and rows that share a text into the same", () => {
    const folds = dealRows(rows, (row) => row, { folds: 4, seed: 1 });
    expect(sizesOf(folds ?? new Int32Array(), 4)).toEqual([10, 10, 10, 10]);
    rows.forEach((_, i) => {
      expect(folds?.[i]).toBe(folds?.[i ^ 1]);
    });
  });

  it("deals by the seed", () => {
    const deal = (seed: number) => dealRows(rows, (row) => row, { folds: 4, seed });
    expect(deal(1)).toEqual(deal(1));
    expect(deal(1)).not.toEqual(deal(2));
  });

  it("gives up where most rows hang together", () => {
    const joined = rows.map((row, i) => (i < 30 ? [...row, "all"] : row));
    expect(dealRows(joined, (row) => row, { folds: 4, seed: 1 })).toBeUndefined();
  });
});

describe("dealClasses", () => {
  const rows = [
    ...Array.from({ length: 22 }, (_, i) => ({ text: `a ${i}`, label: "a" })),
    ...Array.from({ length: 3 }, (_, i) => ({ text: `b ${i}`, label: "b" })),
    ...Array.from({ length: 3 }, () => ({ text: "c again", label: "c" })),
    { text: "d alone", label: "d" },
    { text: "a 3", label: "a" },
  ];
  const folds = dealClasses(rows, { folds: 5, seed: 7 });

  it("gives each fold its share of each class", () => {
    for (let fold = 0; fold < 5; fold++) {
      const own = new Set(rows.flatMap(({ text }, i) => (folds[i] === fold ? text : [])));
      expect(own.size).toBe(5);
      const ofA = [...own].filter((text) => text.startsWith("a")).length;
      expect([4, 5]).toContain(ofA);
    }
  });

  it("leaves some of each class outside every fold, and what has no second text in none", () => {
    for (const label of ["a", "b"])
      for (let fold = 0; fold < 5; fold++)
        expect(rows.some((row, i) => row.label === label && folds[i] !== fold)).toBe(true);
    rows.forEach(({ label }, i) => {
      if (label === "c" || label === "d") expect(folds[i]).toBe(-1);
    });
  });

  it("keeps rows of the same text together", () => {
    expect(folds[rows.length - 1]).toBe(folds[3]);
  });
});

describe("dealQueries", () => {
  const pair = (anchor: string, positive: string): PairRow => ({
    anchor,
    positive,
    negatives: [],
    line: 1,
  });
  const rows = [
    ...Array.from({ length: 24 }, (_, i) => pair(`question ${i}`, `answer ${i % 6}`)),
    // Both of this anchor's answers are known from elsewhere.
    pair("question 0", "answer 5"),
    pair("only question", "only answer"),
    pair("answer 2", "answer 3"),
  ];
  const folds = dealQueries(rows, { folds: 3, seed: 5 });

  it("holds out anchors whose answers all stay known", () => {
    for (let fold = 0; fold < 3; fold++) {
      const known = new Set(rows.flatMap((row, i) => (folds[i] === fold ? [] : row.positive)));
      const held = rows.filter((_, i) => folds[i] === fold);
      expect(held.length).toBeGreaterThan(5);
      for (const { positive } of held) expect(known.has(positive)).toBe(true);
    }
  });

  it("keeps all rows of an anchor together, and others out of every fold", () => {
    expect(folds[24]).toBe(folds[0]);
    expect(folds[25]).toBe(-1);
    expect(folds[26]).toBe(-1);
  });

  it("lets an anchor stay outside where another of its answers would be lost", () => {
    const few = [pair("p", "x"), pair("q", "x"), pair("p", "y"), pair("r", "y"), pair("q", "y")];
    for (let seed = 1; seed < 20; seed++) {
      const own = dealQueries(few, { folds: 2, seed });
      for (const fold of [0, 1]) {
        const known = new Set(few.flatMap((row, i) => (own[i] === fold ? [] : row.positive)));
        few.forEach(({ positive }, i) => {
          if (own[i] === fold) expect(known.has(positive)).toBe(true);
        });
      }
    }
  });
});
