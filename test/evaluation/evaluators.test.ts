import { describe, expect, it } from "vitest";
import { pairRetrievalEvaluator } from "../../src/evaluation/evaluators/pair-retrieval.js";
import { stsEvaluator } from "../../src/evaluation/evaluators/similarity.js";
import type { Embed } from "../../src/evaluation/metric.js";

/** Embeds each text as the vector written in it: "1 0" → [1, 0]. */
const written: Embed = async (texts) => {
  const rows = texts.map((text) => text.split(" ").map(Number));
  const cols = rows[0].length;
  return { rows: rows.length, cols, data: Float32Array.from(rows.flat()) };
};

const byKey = (metrics: readonly { key: string; value: number }[]) =>
  Object.fromEntries(metrics.map(({ key, value }) => [key, value]));

describe("stsEvaluator", () => {
  it("correlates the cosines with the scores", async () => {
    const pairs = [
      { sentence1: "1 0", sentence2: "2 0", score: 5 },
      { sentence1: "1 0", sentence2: "1 1", score: 3 },
      { sentence1: "1 0", sentence2: "0 4", score: 1 },
      { sentence1: "1 0", sentence2: "-1 0", score: 2 },
    ];
    const { metrics, rows } = await stsEvaluator(pairs).run(written);
    // cosines 1, 0.7071, 0, −1: ranks 4 3 2 1 against 4 3 1 2.
    expect(byKey(metrics).spearman_cosine).toBeCloseTo(0.8, 12);
    expect(byKey(metrics).pearson_cosine).toBeCloseTo(3.17678 / Math.sqrt(2.375 * 8.75), 4);
    expect(rows).toBe(4);
  });

  it("asks for sentence1 as a query and sentence2 as a document", async () => {
    const sides: string[] = [];
    await stsEvaluator([
      { sentence1: "1 0", sentence2: "0 1", score: 1 },
      { sentence1: "1 1", sentence2: "0 1", score: 2 },
    ]).run((texts, side) => {
      sides.push(`${side} ${texts.length}`);
      return written(texts, side);
    });
    expect(sides).toEqual(["query 2", "document 2"]);
  });
});

describe("pairRetrievalEvaluator", () => {
  it("ranks every positive for every anchor", async () => {
    const evaluator = pairRetrievalEvaluator([
      { anchor: "1 0", positive: "1 0.1", component: 0 },
      { anchor: "0 1", positive: "1 0.9", component: 1 },
      { anchor: "-1 0", positive: "1 1", component: 2 },
    ]);
    const { metrics } = await evaluator.run(written);
    // Ranks of the right positive: 1, 2 ("1 1" is nearer), 1.
    expect(byKey(metrics)["cosine_accuracy@1"]).toBeCloseTo(2 / 3, 12);
    expect(byKey(metrics)["cosine_mrr@10"]).toBeCloseTo((1 + 1 / 2 + 1) / 3, 12);
  });

  it("counts any positive of the same component as right, and never the anchor's own text", async () => {
    const evaluator = pairRetrievalEvaluator([
      { anchor: "1 0", positive: "0 1", component: 7 },
      { anchor: "0.9 0.1", positive: "1 0", component: 7 },
      { anchor: "0 1", positive: "0.5 0.5", component: 8 },
    ]);
    const { metrics } = await evaluator.run(written);
    // "1 0" may not find itself: its best right one is "0 1", behind "0.5 0.5"; "0.9 0.1" finds "1 0" first;
    // "0 1" finds the component-7 text equal to itself first.
    expect(byKey(metrics)["cosine_mrr@10"]).toBeCloseTo((1 / 2 + 1 + 1 / 2) / 3, 12);
  });

  it("counts further texts as wrong, but passes over those that are related to the anchor", async () => {
    const pairs = [
      { anchor: "1 0", positive: "1 0.2", component: 0, related: 4 },
      { anchor: "0 1", positive: "0.2 1", component: 1, related: 5 },
    ];
    const others = [{ text: "1 0.1", related: 4 }, { text: "0.1 1", related: 9 }, { text: "0 3" }];
    const { metrics, details } = await pairRetrievalEvaluator(pairs, others).run(written);
    // The first passes over "1 0.1"; "0 3" and "0.1 1" lie nearer to the second than its own.
    expect(byKey(metrics)["cosine_mrr@10"]).toBeCloseTo((1 + 1 / 3) / 2, 12);
    const told = details?.ranked?.[0].map(({ id }) => id);
    expect(told?.[0]).toBe("1 0.2");
    expect(told).not.toContain("1 0.1");
  });

  it("counts ties against the model", async () => {
    const { metrics } = await pairRetrievalEvaluator([
      { anchor: "1 0", positive: "2 0", component: 0 },
      { anchor: "0 1", positive: "3 0", component: 1 },
    ]).run(written);
    expect(byKey(metrics)["cosine_accuracy@1"]).toBe(0);
  });
});
