import { describe, expect, it } from "vitest";
import {
  difference,
  type Evaluated,
  evaluate,
  type Given,
  type Numbers,
  random,
} from "./evaluate.js";

const [B, K, D] = [4, 2, 6];
const anchors = random([B, D], 4);
const positives = random([B, D], 5);
const negatives = random([B, K, D], 6);
const pairs: Given = { anchors, positives, negatives };

function expectEqual(got: Evaluated, want: Evaluated): void {
  expect(got.loss).toBeCloseTo(want.loss, 11);
  expect(Object.keys(got.gradients)).toEqual(Object.keys(want.gradients));
  for (const [role, gradient] of Object.entries(want.gradients))
    expect(difference(got.gradients[role], gradient)).toBeLessThan(1e-11);
}

describe("the relations that the documentation states", () => {
  it("n-pair is infonce with dot and temperature 1, plus l2", async () => {
    const infonce = await evaluate("infonce", pairs, { similarity: "dot", temperature: 1 });
    expectEqual(await evaluate("n-pair", pairs, { l2: 0 }), infonce);
  });

  it("debiased at rho 0 is infonce", async () => {
    const infonce = await evaluate("infonce", pairs, { temperature: 0.5 });
    expectEqual(await evaluate("debiased", pairs, { rho: 0 }), infonce);
  });

  it("hard-reweighted at beta 0 is debiased", async () => {
    expectEqual(
      await evaluate("hard-reweighted", pairs, { beta: 0 }),
      await evaluate("debiased", pairs),
    );
  });

  it("supcon with classes of two texts is nt-xent", async () => {
    const ntXent = await evaluate("nt-xent", { anchors, positives }, { temperature: 0.3 });
    expectEqual(await evaluate("supcon", { anchors, positives }, { temperature: 0.3 }), ntXent);
  });

  it("soft-nearest-neighbors with classes of two texts is nt-xent at half its temperature", async () => {
    const ntXent = await evaluate("nt-xent", { anchors, positives }, { temperature: 0.3 });
    const soft = await evaluate(
      "soft-nearest-neighbors",
      { anchors, positives },
      { temperature: 0.6 },
    );
    expectEqual(soft, ntXent);
  });

  it.each(["joint", "per-text", "per-direction"])(
    "infonce with directions both ways, %s, is ordered as the partition says",
    async (partition) => {
      const both = await evaluate("infonce", pairs, { directions: "qd+dq", partition });
      const symmetric = await evaluate("infonce", pairs, { symmetric: true });
      if (partition !== "joint") expectEqual(both, symmetric);
      // One softmax over more candidates: log (A + B) is at least log 2 above the mean of log A and log B.
      else expect(both.loss).toBeGreaterThanOrEqual(symmetric.loss + Math.log(2) - 1e-12);
    },
  );

  it("infonce with all directions, one softmax a text, is nt-xent, masked and guided too", async () => {
    const mask: Numbers = [
      [B, B],
      Array.from({ length: B * B }, (_, i) => Number([1, 4].includes(i))),
    ];
    const guide = { guideAnchors: random([B, 3], 21), guidePositives: random([B, 3], 22) };
    const options = { temperature: 0.3 };
    const all = { ...options, directions: "all", partition: "per-text" };
    for (const more of [{}, { mask }, guide, { mask, ...guide }]) {
      const given = { anchors, positives, ...more };
      expectEqual(await evaluate("infonce", given, all), await evaluate("nt-xent", given, options));
    }
  });

  it.each(["infonce", "dcl", "debiased", "hard-reweighted"])(
    "%s with one direction is itself, and with all of them is no longer",
    async (name) => {
      const plain = await evaluate(name, pairs);
      expectEqual(await evaluate(name, pairs, { directions: "qd", partition: "joint" }), plain);
      const { loss } = await evaluate(name, pairs, { directions: "all" });
      expect(Math.abs(loss - plain.loss)).toBeGreaterThan(0.05);
    },
  );

  it("debiased at rho 0 is infonce in all directions too", async () => {
    const all = { temperature: 0.5, directions: "all" };
    const infonce = await evaluate("infonce", pairs, all);
    expectEqual(await evaluate("debiased", pairs, { ...all, rho: 0 }), infonce);
  });

  it("infonce with a hard-negative weight of 2 counts each explicit negative of the own row twice", async () => {
    const twice: Numbers = [
      [B, 2 * K, D],
      Array.from({ length: B }, (_, i) => {
        const own = negatives[1].slice(i * K * D, (i + 1) * K * D);
        return [...own, ...own];
      }).flat(),
    ];
    const options = { temperature: 0.4, inBatch: false };
    const weighted = await evaluate("infonce", pairs, { ...options, hardNegativeWeight: 2 });
    const doubled = await evaluate("infonce", { ...pairs, negatives: twice }, options);
    expect(weighted.loss).toBeCloseTo(doubled.loss, 12);
  });

  it("infonce with one negative is softplus of the scaled difference", async () => {
    const one: Given = { anchors, positives, negatives: random([B, 1, D], 9) };
    const options = { similarity: "dot", temperature: 2, inBatch: false };
    const { loss } = await evaluate("infonce", one, options);
    const dot = (x: Numbers, y: Numbers, i: number): number =>
      x[1].slice(i * D, (i + 1) * D).reduce((sum, v, d) => sum + v * y[1][i * D + d], 0);
    const terms = Array.from({ length: B }, (_, i) => {
      const gap = dot(anchors, one.negatives!, i) - dot(anchors, positives, i);
      return Math.log1p(Math.exp(gap / 2));
    });
    expect(loss).toBeCloseTo(terms.reduce((x, y) => x + y, 0) / B, 12);
  });

  it("distill-mse of unit vectors is 2/D of distill-cosine", async () => {
    const unit = (x: Numbers): Numbers => {
      const rows = Array.from({ length: B }, (_, i) => x[1].slice(i * D, (i + 1) * D));
      return [x[0], rows.flatMap((row) => row.map((v) => v / Math.hypot(...row)))];
    };
    const given: Given = { embeddings: unit(anchors), teacher: unit(positives) };
    const mse = await evaluate("distill-mse", given);
    const cosine = await evaluate("distill-cosine", given);
    expect(mse.loss).toBeCloseTo((2 / D) * cosine.loss, 10);
  });

  it("distill-cosine adds gram times the mean squared difference of the similarity matrices", async () => {
    const given: Given = { embeddings: anchors, teacher: positives };
    const cosine = (x: Numbers, i: number, j: number): number => {
      const row = (k: number) => x[1].slice(k * D, (k + 1) * D);
      const dot = row(i).reduce((sum, v, d) => sum + v * row(j)[d], 0);
      return dot / Math.hypot(...row(i)) / Math.hypot(...row(j));
    };
    let squares = 0;
    for (let i = 0; i < B; i++)
      for (let j = 0; j < B; j++) squares += (cosine(anchors, i, j) - cosine(positives, i, j)) ** 2;
    const plain = await evaluate("distill-cosine", given);
    const both = await evaluate("distill-cosine", given, { gram: 3 });
    expect(both.loss - plain.loss).toBeCloseTo((3 * squares) / B ** 2, 10);
    const same = await evaluate("distill-cosine", { ...given, teacher: anchors }, { gram: 3 });
    expect(same.loss).toBeCloseTo(0, 10);
  });

  it("distill-cosine adds mse times distill-mse", async () => {
    const given: Given = { embeddings: anchors, teacher: positives };
    const [plain, mse, both] = await Promise.all([
      evaluate("distill-cosine", given),
      evaluate("distill-mse", given),
      evaluate("distill-cosine", given, { mse: 0.5 }),
    ]);
    expect(both.loss).toBeCloseTo(plain.loss + 0.5 * mse.loss, 10);
  });

  it("a classed objective reads pair rows as two texts of a fresh class, negatives as classes of their own", async () => {
    const texts: Numbers = [
      [2 * B + B * K, D],
      [...anchors[1], ...positives[1], ...negatives[1]],
    ];
    const labels: Numbers = [
      [2 * B + B * K],
      [0, 1, 2, 3, 0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 17],
    ];
    const names = ["supcon", "soft-nearest-neighbors", "lifted-structured"] as const;
    for (const name of names) {
      const classed = await evaluate(name, { embeddings: texts, labels });
      expect((await evaluate(name, pairs)).loss).toBeCloseTo(classed.loss, 12);
    }
    const mining = { mining: "batch-semi-hard" };
    const mined = await evaluate("triplet", { embeddings: texts, labels }, mining);
    expect((await evaluate("triplet", pairs, mining)).loss).toBeCloseTo(mined.loss, 12);
  });
});

describe("modifiers", () => {
  // The last row's own cosine is −0.36, and that to the first positive −0.45.
  const guideAnchors: Numbers = [
    [B, 2],
    [1, 0, 0, 1, 1, 1, -1, 1],
  ];
  const guidePositives: Numbers = [
    [B, 2],
    [0.9, 0.3, 0.2, 1, 0.7, 1, -0.4, -0.9],
  ];

  it.each<[number | string, (own: number) => number]>([
    [0.4, (own) => own - 0.4],
    ["40%", (own) => own - Math.abs(own) * 0.4],
  ])(
    "guide with margin %s equals the mask of its similarities and keeps the own positive",
    async (guideMargin, limit) => {
      const guided = await evaluate(
        "infonce",
        { anchors, positives, guideAnchors, guidePositives },
        { guideMargin, temperature: 0.3 },
      );
      const cos = (i: number, j: number): number => {
        const row = (x: Numbers, k: number): [number, number] => [x[1][2 * k], x[1][2 * k + 1]];
        const [x, y] = [row(guideAnchors, i), row(guidePositives, j)];
        return (x[0] * y[0] + x[1] * y[1]) / (Math.hypot(...x) * Math.hypot(...y));
      };
      const entries = Array.from({ length: B * B }, (_, at) => {
        const [i, j] = [Math.floor(at / B), at % B];
        return i !== j && cos(i, j) > limit(cos(i, i)) ? 1 : 0;
      });
      expect(entries.filter((x) => x === 1).length).toBeGreaterThan(0);
      const mask: Numbers = [[B, B], entries];
      const masked = await evaluate("infonce", { anchors, positives, mask }, { temperature: 0.3 });
      expectEqual(guided, masked);
    },
  );

  it("an empty queue changes nothing, and no gradient flows into a full one", async () => {
    const empty = await evaluate("infonce", { ...pairs, queue: [[0, D], []] });
    expectEqual(empty, await evaluate("infonce", pairs));
    const full = await evaluate("infonce", { ...pairs, queue: random([3, D], 8) });
    expect(full.loss).toBeGreaterThan(empty.loss);
    expect(Object.keys(full.gradients)).not.toContain("queue");
  });

  it("guide masks candidates of the queue by guideQueue", async () => {
    const queue: Numbers = [[1, D], positives[1].slice(0, D)];
    const guideQueue: Numbers = [
      [1, 2],
      [1, 0],
    ];
    const given = { anchors, positives, guideAnchors, guidePositives };
    const masked = await evaluate("infonce", { ...given, queue, guideQueue });
    const far = await evaluate("infonce", {
      ...given,
      queue,
      guideQueue: [
        [1, 2],
        [1, -1],
      ],
    });
    expect(far.loss).toBeGreaterThan(masked.loss);
  });

  it("matryoshka sums the objective over prefixes, with weights", async () => {
    const cut = ([shape, data]: Numbers, d: number): Numbers => [
      [...shape.slice(0, -1), d],
      data.filter((_, i) => i % D < d),
    ];
    const prefix = (d: number): Given => ({
      anchors: cut(anchors, d),
      positives: cut(positives, d),
    });
    const whole = await evaluate("triplet", pairs, { dims: [6, 3], weights: [1, 0.5] });
    const three = { ...prefix(3), negatives: cut(negatives, 3) };
    const parts = [await evaluate("triplet", pairs), await evaluate("triplet", three)];
    expect(whole.loss).toBeCloseTo(parts[0].loss + 0.5 * parts[1].loss, 12);
    const uniform = await evaluate("align-uniform", prefix(6), { dims: [2] });
    expect(uniform.loss).toBeCloseTo((await evaluate("align-uniform", prefix(2))).loss, 12);
  });

  it("matryoshka cuts softmax's W and the teacher's vectors along", async () => {
    const labels: Numbers = [[B], [0, 2, 1, 1]];
    const weight = random([3, 3 * D], 11);
    const columns = (k: number): boolean => k % D < 2;
    const cutWeight: Numbers = [[3, 6], weight[1].filter((_, i) => columns(i % (3 * D)))];
    const two = (x: Numbers): Numbers => [[B, 2], x[1].filter((_, i) => i % D < 2)];
    const sentences = { sentence1: anchors, sentence2: positives };
    const whole = await evaluate("softmax", { ...sentences, labels, weight }, { dims: [2] });
    const small = { sentence1: two(anchors), sentence2: two(positives), labels, weight: cutWeight };
    expect(whole.loss).toBeCloseTo((await evaluate("softmax", small)).loss, 12);
    const taught = { embeddings: anchors, teacher: positives };
    const taughtTwo = { embeddings: two(anchors), teacher: two(positives) };
    for (const name of ["distill-mse", "distill-cosine"])
      expect((await evaluate(name, taught, { dims: [2] })).loss).toBeCloseTo(
        (await evaluate(name, taughtTwo)).loss,
        12,
      );
  });
});
