import { describe, expect, it } from "vitest";
import { build, evaluate, type Given, type Numbers, random } from "./evaluate.js";

const D = 4;
const row: Given = { anchors: random([1, D], 1), positives: random([1, D], 2) };
const labels = (...values: number[]): Numbers => [[values.length], values];

async function expectNothing(name: string, given: Given, options = {}): Promise<void> {
  const { loss, gradients } = await evaluate(name, given, options);
  expect(loss).toBeCloseTo(0, 12);
  expect(Object.keys(gradients).length).toBeGreaterThan(0);
  for (const gradient of Object.values(gradients))
    for (const x of gradient) expect(Math.abs(x)).toBeLessThan(1e-12);
}

describe("an objective with nothing to sum is 0 with zero gradients", () => {
  it.each(["infonce", "dcl", "debiased", "hard-reweighted", "nt-xent"])("%s of one row", (name) =>
    expectNothing(name, row),
  );

  it.each(["supcon", "soft-nearest-neighbors", "lifted-structured"])(
    "%s of one text, and of fresh classes only",
    async (name) => {
      await expectNothing(name, { embeddings: random([1, D], 3), labels: labels(0) });
      await expectNothing(name, { embeddings: random([3, D], 3), labels: labels(0, 1, 2) });
    },
  );

  it("lifted-structured of one class", () =>
    expectNothing("lifted-structured", { embeddings: random([3, D], 3), labels: labels(5, 5, 5) }));

  it.each(["batch-all", "batch-hard", "batch-semi-hard"])("triplet %s", async (mining) => {
    const embeddings = random([3, D], 3);
    await expectNothing("triplet", { embeddings, labels: labels(0, 1, 2) }, { mining });
    await expectNothing("triplet", { embeddings, labels: labels(0, 0, 0) }, { mining });
  });

  it("cosent and angle of equal scores", async () => {
    const pair = { sentence1: random([3, D], 4), sentence2: random([3, D], 5) };
    await expectNothing("cosent", { ...pair, scores: labels(0.5, 0.5, 0.5) });
    await expectNothing("angle", { ...pair, scores: labels(0.5, 0.5, 0.5) });
  });

  it("explicit triplets whose negatives are all masked", () => {
    const mask: Numbers = [
      [2, 4],
      [0, 0, 1, 0, 0, 0, 0, 1],
    ];
    return expectNothing("triplet", {
      anchors: random([2, D], 6),
      positives: random([2, D], 7),
      negatives: random([2, 1, D], 8),
      mask,
    });
  });
});

describe("hard cases", () => {
  it("align-uniform of one row is its alignment", async () => {
    const { loss } = await evaluate("align-uniform", row);
    const alone = await evaluate("align-uniform", row, { uniformityWeight: 0 });
    expect(loss).toBeCloseTo(alone.loss, 12);
  });

  it.each([
    "infonce",
    "nt-xent",
    "dcl",
    "debiased",
    "hard-reweighted",
    "supcon",
    "soft-nearest-neighbors",
  ])("%s stays finite at temperature 0.001 with equal, zero and opposite vectors", async (name) => {
    const x = [1, 2, 0, -1];
    const anchors: Numbers = [
      [3, D],
      [...x, ...x, 0, 0, 0, 0],
    ];
    const positives: Numbers = [
      [3, D],
      [...x, ...x.map((v) => -v), ...x],
    ];
    const { loss, gradients } = await evaluate(
      name,
      { anchors, positives },
      { temperature: 0.001 },
    );
    expect(Number.isFinite(loss)).toBe(true);
    for (const gradient of Object.values(gradients))
      expect(gradient.every(Number.isFinite)).toBe(true);
  });

  it.each(["contrastive", "online-contrastive"])(
    "%s stays finite for equal and zero vectors",
    async (name) => {
      const x = [1, 2, 0, -1];
      const zero = [0, 0, 0, 0];
      const sentence1: Numbers = [
        [4, D],
        [...x, ...x, ...zero, ...zero],
      ];
      const sentence2: Numbers = [
        [4, D],
        [...x, ...x, ...x, ...zero],
      ];
      for (const distance of ["euclidean", "squared-euclidean", "cosine"]) {
        const given = { sentence1, sentence2, labels: labels(0, 1, 1, 0) };
        const { loss, gradients } = await evaluate(name, given, { distance });
        expect(Number.isFinite(loss)).toBe(true);
        for (const gradient of Object.values(gradients))
          expect(gradient.every(Number.isFinite)).toBe(true);
      }
    },
  );

  it.each(["batch-all", "batch-hard", "batch-semi-hard"])(
    "mining %s of equal vectors gives the margin",
    async (mining) => {
      const embeddings: Numbers = [
        [4, 2],
        [1, 2, 1, 2, 1, 2, 1, 2],
      ];
      const given = { embeddings, labels: labels(0, 0, 1, 1) };
      const { loss } = await evaluate("triplet", given, { mining, margin: 0.7 });
      expect(loss).toBeCloseTo(0.7, 9);
    },
  );

  it("batch-hard takes its gradient from the chosen texts only", async () => {
    const embeddings: Numbers = [
      [4, 1],
      [0, 1, 3, 5.5],
    ];
    const given = { embeddings, labels: labels(0, 0, 1, 1) };
    const options = { mining: "batch-hard", normalize: false, margin: 0 };
    // Anchor 1 (at 1): (1−0)² − (3−1)² < 0. Anchor 3 (at 3): (5.5−3)² − (3−1)² = 2.25. The other two: 1 − 9, 6.25 − 20.25.
    const { loss, gradients } = await evaluate("triplet", given, options);
    expect(loss).toBeCloseTo(2.25 / 4, 12);
    const [g0, g1, g2, g3] = gradients.embeddings;
    expect([g0, g1, g2, g3].map((x) => Number((4 * x).toFixed(9)))).toEqual([0, 4, -9, 5]);
  });

  it("batch-semi-hard falls back to the farthest negative", async () => {
    const embeddings: Numbers = [
      [4, 1],
      [0, 10, 1, 2],
    ];
    const given = { embeddings, labels: labels(0, 0, 1, 2) };
    const options = {
      mining: "batch-semi-hard",
      normalize: false,
      distance: "euclidean",
      margin: 0,
    };
    // (0,10): no negative farther than 10, so the farthest, at 2: 10 − 2. (10,0): the farthest, at 9: 10 − 9.
    expect((await evaluate("triplet", given, options)).loss).toBeCloseTo((8 + 1) / 2, 9);
  });
});

describe("what cannot be built is refused", () => {
  it("angle with an odd dimension", () => {
    const given = {
      sentence1: random([2, 3], 1),
      sentence2: random([2, 3], 2),
      scores: labels(0, 1),
    };
    expect(() => build("angle", given)).toThrow(
      "angle needs embeddings of an even dimension, got 3",
    );
  });

  it("angle on an odd prefix", () => {
    const given = {
      sentence1: random([2, 4], 1),
      sentence2: random([2, 4], 2),
      scores: labels(0, 1),
    };
    expect(() => build("angle", given, { dims: [4, 3] })).toThrow("even dimension, got 3");
  });

  it("nce with one candidate, neg without a negative", () => {
    const noise: Given = { noise: [[1], [-1]], logNormalizer: [[], [0]] };
    expect(() => build("nce", { ...row, ...noise })).toThrow("nce needs at least 2 candidates");
    expect(() => build("neg", { ...row, sampled: [[1, 0], []] })).toThrow("at least 1 negative");
  });

  it("explicit triplets without negatives, mined ones with a mask", () => {
    expect(() => build("triplet", row)).toThrow(
      "needs the inputs anchors, positives and negatives",
    );
    const mask: Numbers = [[1, 1], [0]];
    expect(() => build("triplet", { ...row, mask }, { mining: "batch-all" })).toThrow(
      "takes no mask",
    );
  });

  it("a queue without in-batch candidates", () => {
    const queue = random([2, D], 3);
    expect(() => build("infonce", { ...row, queue }, { inBatch: false })).toThrow("--no-in-batch");
  });

  it("prefixes longer than the embedding, or with too few weights", () => {
    expect(() => build("infonce", row, { dims: [8] })).toThrow("--matryoshka 8 is more than");
    expect(() => build("infonce", row, { dims: [4, 2], weights: [1] })).toThrow(
      "2 prefixes, got 1",
    );
  });

  it("inputs that are missing, unknown or alone", () => {
    const { anchors, positives } = row as Required<typeof row>;
    expect(() => build("infonce", { anchors })).toThrow(
      "infonce needs the inputs anchors, positives",
    );
    expect(() => build("cosent", { anchors, positives })).toThrow('cosent has no input "anchors"');
    const half = { anchors, positives, guideAnchors: random([1, 2], 1) };
    expect(() => build("infonce", half)).toThrow("guideAnchors needs the input guidePositives");
    const queued = { ...half, guidePositives: random([1, 2], 2), queue: random([2, D], 3) };
    expect(() => build("infonce", queued)).toThrow("needs the input guideQueue");
    expect(() => build("nt-xent", { ...row, queue: random([2, D], 3) })).toThrow(
      'no input "queue"',
    );
  });
});
