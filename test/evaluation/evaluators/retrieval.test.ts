import { describe, expect, it } from "vitest";
import { retrievalEvaluator } from "../../../src/evaluation/evaluators/retrieval.js";
import type { Embed } from "../../../src/evaluation/metric.js";
import { rankingScores } from "../../../src/evaluation/ranking.js";

const written: Embed = async (texts) => {
  const rows = texts.map((text) => text.split(" ").map(Number));
  return { rows: rows.length, cols: rows[0].length, data: Float32Array.from(rows.flat()) };
};

const queries = [
  { id: "a", text: "1 0" },
  { id: "b", text: "0 1" },
];
const corpus = [
  { id: "10", text: "2 0" },
  { id: "9", text: "3 0" },
  { id: "1", text: "1 1" },
];
const judge = (query: string, document: string, relevance = 1) => ({ query, document, relevance });

describe("retrievalEvaluator", () => {
  const run = async (qrels: ReturnType<typeof judge>[]) => {
    const evaluator = retrievalEvaluator({ queries, corpus, qrels });
    const { metrics, rows } = await evaluator.run(written);
    expect(metrics.map(({ key }) => key)).toEqual(evaluator.keys);
    return { rows, metrics, value: Object.fromEntries(metrics.map((m) => [m.key, m.value])) };
  };

  it("ranks equally similar documents by id as a string", async () => {
    expect((await run([judge("a", "10")])).value["cosine_mrr@10"]).toBe(1);
    expect((await run([judge("a", "9")])).value["cosine_mrr@10"]).toBe(1 / 2);
  });

  it("leaves out queries without a relevant document, and resamples the others", async () => {
    const qrels = [judge("a", "1"), judge("b", "9", 0), judge("c", "9"), judge("a", "1")];
    const one = await run(qrels);
    expect(one.rows).toBe(1);
    // Found at rank 3 of 3.
    expect(one.value["cosine_ndcg@10"]).toBeCloseTo(1 / Math.log2(4), 12);
    expect(one.value["cosine_recall@10"]).toBe(1);
    const two = await run([judge("a", "1"), judge("b", "1", 2)]);
    const mrr = two.metrics.find(({ key }) => key === "cosine_mrr@10")!;
    expect(mrr.value).toBeCloseTo((1 / 3 + 1) / 2, 12);
    expect(mrr.resampled!(Uint32Array.of(0, 2))).toBe(1);
  });

  it("refuses ids that do not fit", () => {
    const evaluator = (sets: object) => () =>
      retrievalEvaluator({ queries, corpus, qrels: [judge("a", "9")], ...sets });
    expect(evaluator({ qrels: [judge("a", "7")] })).toThrow(
      'document "7", relevant to query "a", is not in the corpus',
    );
    expect(evaluator({ qrels: [judge("z", "9")] })).toThrow(/none of the 2 queries/);
    expect(evaluator({ corpus: [...corpus, corpus[0]] })).toThrow(/corpus .* "10" twice/);
    expect(evaluator({ queries: [...queries, queries[1]] })).toThrow(/queries .* "b" twice/);
  });
});

describe("rankingScores", () => {
  it("scores hits at ranks 2, 4 and 11 of five relevant documents", () => {
    const hits = Array.from({ length: 100 }, (_, i) => [2, 4, 11].includes(i + 1));
    const ideal = [2, 3, 4, 5, 6].reduce((sum, x) => sum + 1 / Math.log2(x), 0);
    const scores = rankingScores(hits, 5);
    expect(scores.ndcg10).toBeCloseTo((1 / Math.log2(3) + 1 / Math.log2(5)) / ideal, 12);
    expect(scores.map100).toBeCloseTo((1 / 2 + 2 / 4 + 3 / 11) / 5, 12);
    expect(scores.mrr10).toBe(1 / 2);
    expect(scores.accuracy).toEqual([0, 1, 1, 1]);
    expect(scores.precision).toEqual([0, 1 / 3, 2 / 5, 2 / 10]);
    expect(scores.recall).toEqual([0, 1 / 5, 2 / 5, 2 / 5]);
  });

  it("is 0 when nothing is found and 1 when all relevant documents come first", () => {
    const all = (hits: boolean[], relevant: number) =>
      Object.values(rankingScores(hits, relevant, [1, 2])).flat();
    expect(all([false, false], 3)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(all([true, true, false], 2)).toEqual([1, 1, 1, 1, 1, 1, 1, 1 / 2, 1]);
  });
});
