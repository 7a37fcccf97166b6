import { describe, expect, it } from "vitest";
import { float32, type Matrix, type Tensor } from "../../../src/math/tensor.js";
import type { TextBatch } from "../../../src/training/batches/batch-maker.js";
import { createCandidateQueue } from "../../../src/training/update/candidate-queue.js";

const D = 2;

/** Two rows whose positives are the texts given, of components 0 and 1. */
function batch(positives: readonly number[], negatives?: readonly number[]): TextBatch {
  const texts = { anchors: Int32Array.of(90, 91), positives: Int32Array.from(positives) };
  return {
    group: 0,
    components: Int32Array.of(0, 1),
    texts: negatives === undefined ? texts : { ...texts, negatives: Int32Array.from(negatives) },
    constants: {},
  };
}

const mask = (rows: readonly (readonly number[])[]): Tensor => ({
  dtype: "bool",
  shape: [rows.length, rows[0].length],
  data: Uint8Array.from(rows.flat()),
});

/** Candidate j has the vector (10·text, text). */
const vectorsOf = (texts: readonly number[]): Tensor =>
  float32(
    [texts.length, D],
    texts.flatMap((text) => [10 * text, text]),
  );

/** Texts above 100 belong to the component text − 101. */
const components = Int32Array.from({ length: 110 }, (_, text) => Math.max(-1, text - 101));

const open = (size: number, guide = {}) =>
  createCandidateQueue({ size, dimension: D, components, ...guide });

const plain = mask([
  [0, 0],
  [0, 1],
]);

describe("the queue of candidates", () => {
  it("is masked while it is empty, and keeps the batch's own mask", () => {
    const { feeds } = open(3).extend(batch([1, 2]), { mask: plain });
    expect(feeds.queue).toEqual(float32([3, D], [0, 0, 0, 0, 0, 0]));
    expect(feeds.mask).toEqual(
      mask([
        [0, 0, 1, 1, 1],
        [0, 1, 1, 1, 1],
      ]),
    );
  });

  it("holds the last Q candidates, the oldest overwritten first", () => {
    const queue = open(3);
    queue.extend(batch([1, 2]), { mask: plain }).remember(vectorsOf([1, 2]));
    queue.extend(batch([3, 4]), { mask: plain }).remember(vectorsOf([3, 4]));
    const { feeds } = queue.extend(batch([5, 6]), { mask: plain });
    expect(feeds.queue).toEqual(vectorsOf([4, 2, 3]));
    expect([...feeds.mask.data]).toEqual([0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  });

  it("masks what belongs with an anchor", () => {
    const queue = open(2);
    queue.extend(batch([101, 102]), { mask: plain }).remember(vectorsOf([101, 102]));
    const { feeds } = queue.extend(batch([5, 6]), { mask: plain });
    expect([...feeds.mask.data]).toEqual([0, 0, 1, 0, 0, 1, 0, 1]);
  });

  it("takes explicit negatives, but not what fills up missing ones", () => {
    const queue = open(4);
    const withNegatives = mask([
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
    queue.extend(batch([1, 2], [7, 2]), { mask: withNegatives }).remember(vectorsOf([1, 2, 7, 2]));
    expect(queue.extend(batch([5, 6]), { mask: plain }).feeds.queue).toEqual(
      float32([4, D], [10, 1, 20, 2, 70, 7, 0, 0]),
    );
  });

  it("does not change feeds that were given out before", () => {
    const queue = open(2);
    const first = queue.extend(batch([1, 2]), { mask: plain });
    first.remember(vectorsOf([1, 2]));
    expect([...first.feeds.queue.data]).toEqual([0, 0, 0, 0]);
  });

  it("asks the guide for the texts that it holds", () => {
    const gather = (numbers: Int32Array): Matrix => ({
      rows: numbers.length,
      cols: 1,
      data: Float32Array.from(numbers),
    });
    const queue = open(3, { guide: { gather, dimension: 1 } });
    queue.extend(batch([8, 9]), { mask: plain }).remember(vectorsOf([8, 9]));
    expect(queue.extend(batch([5, 6]), { mask: plain }).feeds.guideQueue).toEqual(
      float32([3, 1], [8, 9, 0]),
    );
  });

  it("goes on from its tensors as if nothing had happened", () => {
    const [queue, other] = [open(3), open(3)];
    queue.extend(batch([1, 2]), { mask: plain }).remember(vectorsOf([1, 2]));
    other.extend(batch([7, 7]), { mask: plain }).remember(vectorsOf([7, 7]));
    other.restore(queue.tensors());
    for (const one of [queue, other])
      one.extend(batch([3, 4]), { mask: plain }).remember(vectorsOf([3, 4]));
    expect(other.tensors()).toEqual(queue.tensors());
    other.restore(new Map());
    expect(other.tensors()).toEqual(open(3).tensors());
  });
});
