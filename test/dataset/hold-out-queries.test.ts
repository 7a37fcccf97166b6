import { describe, expect, it } from "vitest";
import { holdOutQueries, recurringShare } from "../../src/dataset/hold-out-queries.js";
import type { PairRow } from "../../src/dataset/rows/row-types.js";

const row = (anchor: string, positive: string, negatives: readonly string[] = []): PairRow => ({
  ...{ anchor, positive, negatives, line: 1 },
});
/** 20 answers with 4 questions each, and 10 answers with one. */
const rows = [
  ...Array.from({ length: 80 }, (_, i) => row(`question ${i}`, `answer ${i % 20}`)),
  ...Array.from({ length: 10 }, (_, i) => row(`lone question ${i}`, `lone answer ${i}`)),
];

describe("holdOutQueries", () => {
  it("holds out questions whose answers stay, with all their rows", () => {
    const twice = [...rows, row("question 3", "answer 5")];
    const { train, heldOut, queries } = holdOutQueries(twice, { wanted: 30, seed: 1 });
    expect(queries).toBe(30);
    expect(train.length + heldOut.length).toBe(twice.length);
    const answers = new Set(train.map(({ positive }) => positive));
    const asked = new Set(train.map(({ anchor }) => anchor));
    for (const { anchor, positive } of heldOut) {
      expect(answers.has(positive)).toBe(true);
      expect(asked.has(anchor)).toBe(false);
    }
  });

  it("takes no more than leaves each answer one question, and none that answers another", () => {
    expect(holdOutQueries(rows, { wanted: 90, seed: 1 }).queries).toBe(60);
    const chained = [row("a", "b"), row("b", "c"), row("d", "b"), row("e", "c")];
    const anchors = holdOutQueries(chained, { wanted: 9, seed: 1 }).heldOut.map(
      (one) => one.anchor,
    );
    expect(anchors).not.toContain("b");
  });

  it("removes held-out questions from the negatives of training rows, and says so", () => {
    const some = rows.map((one, i) => ({ ...one, negatives: [`question ${(i + 1) % 80}`, "x"] }));
    const { train, heldOut, notes } = holdOutQueries(some, { wanted: 20, seed: 1 });
    const texts = new Set(heldOut.map(({ anchor }) => anchor));
    expect(train.flatMap(({ negatives }) => negatives).some((text) => texts.has(text))).toBe(false);
    expect(notes).toHaveLength(1);
  });
});

describe("recurringShare", () => {
  it("counts rows whose answer another question has, and not repeated rows", () => {
    expect(recurringShare(rows)).toBeCloseTo(80 / 90, 12);
    expect(recurringShare([row("a", "b"), row("a", "b")])).toBe(0);
  });
});
