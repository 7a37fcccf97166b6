import { describe, expect, it } from "vitest";
import { initialLogNormalizer } from "../../src/objectives/log-normalizer.js";
import { difference, evaluate, type Given, type Numbers, random, tensorOf } from "./evaluate.js";

const [B, K, D] = [3, 1, 4];

const pairs: Given = {
  anchors: random([B, D], 1),
  positives: random([B, D], 2),
  negatives: random([B, K, D], 3),
};

/** Explicit negatives with a second, made-up one a row. */
const padded: Numbers = [
  [B, K + 1, D],
  Array.from({ length: B }, (_, i) => [
    ...pairs.negatives![1].slice(i * D, (i + 1) * D),
    ...random([D], 20 + i)[1],
  ]).flat(),
];

/** Removes the second explicit negative of every row for every anchor; candidates are p, p, p, n, x, n, x, n, x. */
const removed: Numbers = [
  [B, B + B * 2],
  Array.from({ length: B }, () => [0, 0, 0, 0, 1, 0, 1, 0, 1]).flat(),
];

const extras: Readonly<Record<string, Given>> = {
  nce: { noise: [[6], [-3, -2.5, -4, -3.5, -3, -2.2]], logNormalizer: [[], [1.5]] },
  sigmoid: { logScale: [[], [2]], bias: [[], [-1]] },
  "margin-mse": {
    teacher: [
      [B, 1],
      [0.3, -0.2, 0.1],
    ],
  },
};

const paddedExtras: Readonly<Record<string, Given>> = {
  ...extras,
  nce: { noise: [[9], [-3, -2.5, -4, -3.5, -9, -3, -9, -2.2, -9]], logNormalizer: [[], [1.5]] },
  "margin-mse": {
    teacher: [
      [B, 2],
      [0.3, 7, -0.2, 7, 0.1, 7],
    ],
  },
};

const cases: [string, Record<string, unknown>][] = [
  ["infonce", {}],
  ["infonce", { symmetric: true, hardNegativeWeight: 3, temperature: 0.3 }],
  ["infonce", { inBatch: false, temperature: 0.3 }],
  ["n-pair", {}],
  ["nce", { temperature: 0.5 }],
  ["nt-xent", { temperature: 0.3 }],
  ["nt-xent", { temperature: 0.3, inBatch: false }],
  ["dcl", { temperature: 0.3 }],
  ["debiased", {}],
  ["hard-reweighted", {}],
  ["sigmoid", {}],
  ["triplet", {}],
  ["margin-mse", {}],
];

describe("a masked padded negative is as good as absent", () => {
  it.each(cases)("%s %o", async (name, options) => {
    const absent = await evaluate(name, { ...pairs, ...extras[name] }, options);
    const given = { ...pairs, negatives: padded, mask: removed, ...paddedExtras[name] };
    const masked = await evaluate(name, given, options);
    expect(Math.abs(masked.loss - absent.loss)).toBeLessThan(1e-12);
    const { negatives, ...others } = masked.gradients;
    const { negatives: wanted, ...wantedOthers } = absent.gradients;
    for (const [role, gradient] of Object.entries(wantedOthers))
      expect(difference(others[role], gradient)).toBeLessThan(1e-12);
    const rows = Array.from({ length: B }, (_, i) => negatives.slice(i * 2 * D, (i + 1) * 2 * D));
    expect(
      difference(
        rows.flatMap((row) => row.slice(0, D)),
        wanted,
      ),
    ).toBeLessThan(1e-12);
    expect(rows.flatMap((row) => row.slice(D)).every((x) => x === 0)).toBe(true);
  });

  it("the mask matters: without it the loss differs", async () => {
    const masked = await evaluate("infonce", { ...pairs, negatives: padded, mask: removed });
    const unmasked = await evaluate("infonce", { ...pairs, negatives: padded });
    expect(Math.abs(masked.loss - unmasked.loss)).toBeGreaterThan(1e-3);
  });

  it("an empty place of neg is as good as absent", async () => {
    const sampled: Numbers = [
      [B, 2],
      [1, 4, 2, 0, 0, 5],
    ];
    const withEmpty: Numbers = [
      [B, 3],
      [1, 4, -1, 2, -1, 0, -1, 0, 5],
    ];
    const absent = await evaluate("neg", { ...pairs, sampled });
    const empty = await evaluate("neg", { ...pairs, sampled: withEmpty });
    expect(empty.loss).toBeCloseTo(absent.loss, 12);
    expect(difference(empty.gradients.anchors, absent.gradients.anchors)).toBeLessThan(1e-12);
  });

  it("holds for the start value of nce's z", () => {
    const options = { similarity: "cosine", temperature: 0.5 };
    const start = (given: Given) =>
      initialLogNormalizer(
        Object.fromEntries(
          Object.entries(given).map(([role, x]) => [role, tensorOf(role as "anchors", x)]),
        ),
        options,
      );
    const absent = start({ ...pairs, ...extras.nce });
    const masked = start({ ...pairs, negatives: padded, mask: removed, ...paddedExtras.nce });
    expect(masked).toBeCloseTo(absent, 12);
  });
});

describe("the mask", () => {
  it("never removes an anchor's own positive", async () => {
    const own: Numbers = [
      [B, B],
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    ];
    const { anchors, positives } = pairs as Required<typeof pairs>;
    for (const name of ["infonce", "dcl", "debiased", "n-pair", "nt-xent"]) {
      const plain = await evaluate(name, { anchors, positives });
      const masked = await evaluate(name, { anchors, positives, mask: own });
      expect(masked.loss).toBeCloseTo(plain.loss, 12);
    }
  });

  it("of rows takes all views of a row away in nt-xent and align-uniform", async () => {
    const { anchors, positives } = pairs as Required<typeof pairs>;
    const mask: Numbers = [
      [B, B],
      [0, 0, 1, 0, 0, 1, 1, 1, 0],
    ];
    const rows = ([, data]: Numbers): Numbers => [[2, D], data.slice(0, 2 * D)];
    const uniform = await evaluate(
      "align-uniform",
      { anchors, positives, mask },
      { uniformityWeight: 1 },
    );
    const two = await evaluate("align-uniform", {
      anchors: rows(anchors),
      positives: rows(positives),
    });
    const weightless = { uniformityWeight: 0 };
    const align = await evaluate("align-uniform", { anchors, positives }, weightless);
    const alignTwo = await evaluate(
      "align-uniform",
      { anchors: rows(anchors), positives: rows(positives) },
      weightless,
    );
    expect(uniform.loss - align.loss).toBeCloseTo(two.loss - alignTwo.loss, 12);
    // Row 3 has only its positive left: its two views contribute 0 to the mean over 6 views.
    const views = await evaluate("nt-xent", { anchors, positives, mask });
    const viewsTwo = await evaluate("nt-xent", {
      anchors: rows(anchors),
      positives: rows(positives),
    });
    expect(views.loss).toBeCloseTo((viewsTwo.loss * 4) / 6, 12);
  });

  it("is used transposed in infonce's swapped direction", async () => {
    const { anchors, positives } = pairs as Required<typeof pairs>;
    const mask: Numbers = [
      [B, B],
      [0, 1, 0, 0, 0, 0, 0, 1, 0],
    ];
    const transposed: Numbers = [
      [B, B],
      [0, 0, 0, 1, 0, 1, 0, 0, 0],
    ];
    const options = { temperature: 0.4 };
    const there = await evaluate("infonce", { anchors, positives, mask }, options);
    const back = await evaluate(
      "infonce",
      { anchors: positives, positives: anchors, mask: transposed },
      options,
    );
    const both = await evaluate(
      "infonce",
      { anchors, positives, mask },
      { ...options, symmetric: true },
    );
    expect(both.loss).toBeCloseTo((there.loss + back.loss) / 2, 12);
  });
});

describe("an anchor whose candidates are all masked", () => {
  const { anchors, positives } = pairs as Required<typeof pairs>;
  const all: Numbers = [
    [B, B],
    [0, 1, 1, 1, 0, 1, 1, 1, 0],
  ];

  it.each(["infonce", "dcl", "debiased", "hard-reweighted", "n-pair", "nt-xent", "nce"])(
    "contributes 0 without gradient: %s",
    async (name) => {
      const given = { anchors, positives, mask: all };
      const noise: Given =
        name === "nce" ? { noise: [[B], [-3, -2, -4]], logNormalizer: [[], [2]] } : {};
      const options = name === "n-pair" ? { l2: 0 } : {};
      const { loss, gradients } = await evaluate(name, { ...given, ...noise }, options);
      expect(Math.abs(loss)).toBeLessThan(1e-12);
      for (const gradient of Object.values(gradients))
        expect(gradient.every((x) => Math.abs(x) < 1e-12)).toBe(true);
    },
  );
});
