import { describe, expect, it } from "vitest";
import { float32, type Matrix } from "../../../src/math/tensor.js";
import { auxiliaryFeeds, auxiliaryRoles } from "../../../src/training/auxiliary/feeds.js";
import type { BatchMaker, TextBatch } from "../../../src/training/batches/batch-maker.js";

const source = { from: "model", model: "teacher" } as const;

/** Text t has the vector of angle t · 30°, of length t + 1. */
function gather(numbers: Int32Array): Matrix {
  const data = [...numbers].flatMap((t) => {
    const angle = (t * Math.PI) / 6;
    return [(t + 1) * Math.cos(angle), (t + 1) * Math.sin(angle)];
  });
  return { rows: numbers.length, cols: 2, data: Float32Array.from(data) };
}

const triplets: TextBatch = {
  group: 0,
  texts: {
    anchors: Int32Array.of(0, 1),
    positives: Int32Array.of(1, 1),
    negatives: Int32Array.of(3, 2, 3, 4),
  },
  constants: {},
};

const maker = (negatives: number): BatchMaker => ({
  texts: [],
  views: 1,
  roles: [],
  negatives,
  make: () => triplets,
});

describe("inputs that another model fills", () => {
  it("are margins of cosines, or of dot products", () => {
    const cosine = auxiliaryFeeds(
      { kind: "margin", source, similarity: "cosine" },
      triplets,
      gather,
    );
    const want = [Math.cos(Math.PI / 6), Math.cos(Math.PI / 6) - 0.5, 1 - 0.5, 1];
    expect(cosine.teacher.shape).toEqual([2, 2]);
    want.forEach((value, i) => {
      expect(Number(cosine.teacher.data[i])).toBeCloseTo(value, 6);
    });
    const dot = auxiliaryFeeds({ kind: "margin", source, similarity: "dot" }, triplets, gather);
    expect(Number(dot.teacher.data[2])).toBeCloseTo(2 * 2 - 2 * 4 * 0.5, 5);
  });

  it("are the teacher's vectors of single texts", () => {
    const texts: TextBatch = {
      group: 0,
      texts: { embeddings: Int32Array.of(3) },
      constants: {},
    };
    const { teacher } = auxiliaryFeeds({ kind: "vectors", source }, texts, gather);
    expect(teacher.shape).toEqual([1, 2]);
    expect(Number(teacher.data[1])).toBeCloseTo(4, 5);
  });

  it("are the guide's vectors of all candidates, negatives by row", () => {
    const feeds = auxiliaryFeeds({ kind: "guide", source }, triplets, gather);
    expect(Object.keys(feeds)).toEqual(auxiliaryRoles({ kind: "guide", source }, maker(2)));
    expect(feeds.guideNegatives).toEqual(
      float32([2, 2, 2], gather(Int32Array.of(3, 2, 3, 4)).data),
    );
    expect(auxiliaryRoles({ kind: "guide", source }, maker(0))).toEqual([
      "guideAnchors",
      "guidePositives",
    ]);
  });
});
