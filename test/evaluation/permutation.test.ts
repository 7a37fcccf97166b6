import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { correlationMetrics } from "../../src/evaluation/correlation-metrics.js";
import { pairMetrics } from "../../src/evaluation/evaluators/binary-classification.js";
import { meanMetric } from "../../src/evaluation/mean-metric.js";
import type { Metric } from "../../src/evaluation/metric.js";
import { holm, permutationP } from "../../src/evaluation/permutation.js";
import { unitsOfComponents } from "../../src/evaluation/units.js";
import { createRandom } from "../../src/math/random.js";

interface Case {
  readonly kind: "mean" | "spearman" | "ap";
  readonly a: number[];
  readonly b: number[];
  readonly gold?: number[] | undefined;
  readonly labels?: number[] | undefined;
  readonly p: number;
}

const golden: { permutation: Case[]; holm: { p: number[]; adjusted: number[] } } = JSON.parse(
  readFileSync(new URL("../fixtures/evaluation.json", import.meta.url), "utf8"),
);

/** The deciding metric of a case, of the scores of one model. */
function metricOf({ kind, gold = [], labels = [] }: Case, scores: number[]): Metric {
  if (kind === "mean") return meanMetric("mean", scores);
  if (kind === "ap") return pairMetrics(scores, labels)[0];
  return correlationMetrics("cosine", Float64Array.from(scores), Float64Array.from(gold))[0];
}

const pOf = (a: Metric, b: Metric, components?: number[]) =>
  permutationP(a.swap!, b.swap!, { units: components && unitsOfComponents(components) });

describe("the permutation test", () => {
  it.each(golden.permutation)("$kind: all 4,096 swaps as NumPy enumerates them", (one) => {
    expect(pOf(metricOf(one, one.a), metricOf(one, one.b))).toBeCloseTo(one.p, 12);
  });

  it.each(golden.permutation)("$kind: random swaps come near to all of them", (one) => {
    const [a, b] = [metricOf(one, one.a), metricOf(one, one.b)];
    const p = permutationP(a.swap!, b.swap!, { resamples: 4000 });
    expect(Math.abs(p - one.p)).toBeLessThan(
      4 * Math.sqrt((one.p * (1 - one.p)) / 4000) + 2 / 4000,
    );
  });

  it("is 1 for a model and itself", () => {
    for (const one of golden.permutation)
      expect(pOf(metricOf(one, one.a), metricOf(one, one.a))).toBe(1);
  });

  it("swaps rows of a unit together: two copies of each row say no more than one", () => {
    for (const one of golden.permutation) {
      const twice = {
        ...one,
        gold: one.gold?.concat(one.gold),
        labels: one.labels?.concat(one.labels ?? []),
      };
      const double = (scores: number[]) => metricOf(twice, scores.concat(scores));
      const units = Array.from({ length: 24 }, (_, i) => i % 12);
      expect(pOf(double(one.a), double(one.b), units)).toBeCloseTo(one.p, 12);
    }
  });

  it("finds a difference where there is none in 5 % of cases", () => {
    const random = createRandom(5);
    let found = 0;
    for (let trial = 0; trial < 400; trial++) {
      const draw = () => Array.from({ length: 40 }, () => random.normal());
      const [a, b] = [meanMetric("m", draw()), meanMetric("m", draw())];
      if (permutationP(a.swap!, b.swap!, { resamples: 400, seed: trial }) <= 0.05) found += 1;
    }
    expect(found / 400).toBeGreaterThan(0.02);
    expect(found / 400).toBeLessThan(0.09);
  });
});

describe("Holm's correction", () => {
  it("is what NumPy makes of the formula", () => {
    const found = holm(golden.holm.p);
    for (const [i, p] of found.entries()) expect(p).toBeCloseTo(golden.holm.adjusted[i], 12);
  });

  it("leaves a single comparison alone", () => {
    expect(holm([0.03])).toEqual([0.03]);
    expect(holm([])).toEqual([]);
  });
});
