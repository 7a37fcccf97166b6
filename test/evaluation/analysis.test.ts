import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyse } from "../../src/evaluation/analysis/analyse.js";
import { alignment, geometry, normsOf } from "../../src/evaluation/analysis/geometry.js";
import { withGlance } from "../../src/evaluation/analysis/glance.js";
import { hubness, neighborsOf, overlap } from "../../src/evaluation/analysis/neighbors.js";
import { normalizedRows } from "../../src/evaluation/cosine.js";
import { pairRetrievalEvaluator } from "../../src/evaluation/evaluators/pair-retrieval.js";
import type { Embed, RowDetails } from "../../src/evaluation/metric.js";
import { mostChanged, rowChanges, wonAndLost } from "../../src/evaluation/row-changes.js";
import type { Matrix } from "../../src/math/tensor.js";

interface Golden {
  readonly vectors: number[][];
  readonly tuned: number[][];
  readonly pairs: [number, number][];
  readonly alignment: number;
  readonly uniformity: number;
  readonly meanCosine: number;
  readonly quantiles: number[];
  readonly rankMe: number;
  readonly neSum: number;
  readonly firstShare: number;
  readonly norms: number[];
  readonly hubness: number;
  readonly overlap: number;
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("../fixtures/evaluation.json", import.meta.url), "utf8"),
).analysis;

const matrix = (rows: number[][]): Matrix => ({
  rows: rows.length,
  cols: rows[0].length,
  data: Float32Array.from(rows.flat()),
});

const embed: Embed = async (texts) =>
  matrix(texts.map((text) => golden.vectors[Number(text.slice(1))]));

describe("what is seen in vectors agrees with NumPy and SciPy", () => {
  const unit = normalizedRows(matrix(golden.vectors));

  it("alignment, uniformity, cosines, ranks, norms", async () => {
    const found = await geometry(unit);
    for (const key of ["uniformity", "meanCosine", "rankMe", "neSum", "firstShare"] as const)
      expect(found[key], key).toBeCloseTo(golden[key], 9);
    for (const [i, q] of golden.quantiles.entries())
      expect(found.cosineQuantiles[i]).toBeCloseTo(q, 9);
    const of = (side: 0 | 1) =>
      normalizedRows(matrix(golden.pairs.map((pair) => golden.vectors[pair[side]])));
    expect(alignment(of(0), of(1))).toBeCloseTo(golden.alignment, 9);
    const { mean, sd, least, greatest } = normsOf(matrix(golden.vectors));
    for (const [i, value] of [mean, sd, least, greatest].entries())
      expect(value).toBeCloseTo(golden.norms[i], 9);
  });

  it("hubness, and neighbours in common", async () => {
    const near = await neighborsOf(unit);
    const moved = await neighborsOf(normalizedRows(matrix(golden.tuned)));
    expect(hubness(near)).toBeCloseTo(golden.hubness, 9);
    expect(overlap(near, moved)).toBeCloseTo(golden.overlap, 12);
    expect(overlap(near, near)).toBe(1);
  });

  it("the cheap figures, of the vectors that an evaluation embeds in any case", async () => {
    const pairs = golden.pairs.map(([i, j], k) => ({
      anchor: `t${i}`,
      positive: `t${j}`,
      component: k,
    }));
    let calls = 0;
    const counted: Embed = (texts, side) => {
      calls += 1;
      return embed(texts, side);
    };
    const plain = pairRetrievalEvaluator(pairs);
    await plain.run(counted);
    const before = calls;
    const { glance, metrics } = await withGlance(plain, 42).run(counted);
    expect(calls).toBe(2 * before);
    expect(metrics.map(({ value }) => value)).toEqual(
      (await plain.run(embed)).metrics.map(({ value }) => value),
    );
    const anchors = [...new Set(golden.pairs.map(([i]) => i))].map((i) => golden.vectors[i]);
    const own = await geometry(normalizedRows(matrix(anchors)));
    expect(glance?.texts).toBe(anchors.length);
    expect(glance?.uniformity).toBeCloseTo(own.uniformity, 9);
    expect(glance?.meanCosine).toBeCloseTo(own.meanCosine, 9);
    expect(glance?.meanNorm).toBeCloseTo(normsOf(matrix(anchors)).mean, 9);
    expect(glance?.alignment).toBeCloseTo(golden.alignment, 9);
    expect(glance?.meanMargin).toBeDefined();
  });

  it("all of it of the rows of an evaluation", async () => {
    const pairs = golden.pairs.map(([i, j], k) => ({
      anchor: `t${i}`,
      positive: `t${j}`,
      component: k,
      line: k + 2,
    }));
    const { details } = await pairRetrievalEvaluator(pairs).run(embed);
    const look = await analyse(details!, embed);
    const { analysis } = look!;
    expect([analysis.texts, analysis.of]).toEqual([60, 60]);
    expect(analysis.alignment).toBeCloseTo(golden.alignment, 9);
    expect(analysis.uniformity).toBeCloseTo(golden.uniformity, 9);
    expect(analysis.hubness).toBeCloseTo(golden.hubness, 9);
    const ranks = Array.from(details!.figures.rank);
    expect(analysis.margins?.negative).toBe(ranks.filter((rank) => rank > 1).length / ranks.length);
    const [first] = analysis.falseNegatives;
    expect(ranks[first.line - 2]).toBeGreaterThan(1);
    expect(pairs[(first.candidateLine ?? 0) - 2].positive).toBe(first.candidate);
  });

  it("says nothing of two texts", async () => {
    const details: RowDetails = { lines: [2], texts: ["t1"], others: ["t2"], figures: {} };
    expect(await analyse(details, embed)).toBeUndefined();
  });
});

describe("rows under two models", () => {
  const details = (values: number[]): RowDetails => ({
    lines: values.map((_, i) => i + 2),
    texts: values.map((_, i) => `text ${i}`),
    main: "m",
    figures: { m: values },
  });
  const changes = rowChanges(details([0.5, 0.5, 0.5, 0.5]), details([0.9, 0.5, 0.1, 0.6]));

  it("are won, lost or equal", () => {
    expect(wonAndLost(changes, "m")).toEqual({ figure: "m", won: 2, lost: 1, equal: 1 });
  });

  it("are shown by how much they changed", () => {
    const { improved, harmed } = mostChanged(changes, 1);
    expect(improved.map(({ line }) => line)).toEqual([2]);
    expect(harmed.map(({ line, change }) => [line, change])).toEqual([[4, -0.4]]);
  });
});
