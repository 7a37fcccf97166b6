import { describe, expect, it } from "vitest";
import { stsEvaluator } from "../../src/evaluation/evaluators/similarity.js";
import type { Embed } from "../../src/evaluation/metric.js";
import { sampledEvaluator } from "../../src/evaluation/sampled-texts.js";

const pairs = Array.from({ length: 3000 }, (_, i) => ({
  sentence1: `first ${i % 2500}`,
  sentence2: `second ${i}`,
  score: (i % 5) / 5,
  line: i + 2,
}));

/** A vector that tells its text, its side and its model. */
const embedBy =
  (model: number): Embed =>
  async (texts, side) => ({
    rows: texts.length,
    cols: 3,
    data: Float32Array.from(
      texts.flatMap((text) => [Number(text.split(" ")[1]), side === "query" ? 1 : 2, model]),
    ),
  });

describe("sampledEvaluator", () => {
  it("keeps vectors of at most 2,000 texts, the same texts for every model", async () => {
    const evaluator = sampledEvaluator(stsEvaluator(pairs), 42);
    const base = (await evaluator.run(embedBy(7))).sample!;
    const tuned = (await evaluator.run(embedBy(8))).sample!;
    expect(base.texts.length).toBeGreaterThan(1990);
    expect(base.texts.length).toBeLessThanOrEqual(2000);
    expect(tuned.texts).toEqual(base.texts);
    base.texts.forEach(({ row, side }, i) => {
      const number = side === "query" ? row % 2500 : row;
      const place = side === "query" ? 1 : 2;
      expect([...base.vectors.data.subarray(3 * i, 3 * i + 3)]).toEqual([number, place, 7]);
      expect(tuned.vectors.data[3 * i + 2]).toBe(8);
    });
    const distinct = new Set(
      base.texts.map(({ row, side }) => `${side} ${side === "query" ? row % 2500 : row}`),
    );
    expect(distinct.size).toBe(base.texts.length);
  });

  it("changes nothing that is measured", async () => {
    const plain = await stsEvaluator(pairs).run(embedBy(1));
    const { sample, ...rest } = await sampledEvaluator(stsEvaluator(pairs), 1).run(embedBy(1));
    expect(sample).toBeDefined();
    expect(JSON.stringify(rest.metrics)).toBe(JSON.stringify(plain.metrics));
  });
});
