import { describe, expect, it } from "vitest";
import {
  labelledPairEvaluator,
  pairMetrics,
} from "../../src/evaluation/evaluators/binary-classification.js";
import { tripletEvaluator } from "../../src/evaluation/evaluators/triplet.js";
import type { Embed } from "../../src/evaluation/metric.js";

/** Embeds each text as the vector written in it: "1 0" → [1, 0]; notes who asked. */
function written(asked: string[] = []): Embed {
  return async (texts, side) => {
    asked.push(`${side} ${texts.length}`);
    const rows = texts.map((text) => text.split(" ").map(Number));
    return { rows: rows.length, cols: rows[0].length, data: Float32Array.from(rows.flat()) };
  };
}

describe("labelledPairEvaluator", () => {
  const pair = (sentence1: string, sentence2: string, label: 0 | 1) => ({
    sentence1,
    sentence2,
    label,
  });
  const pairs = [pair("1 0", "2 0", 1), pair("1 0", "0 1", 1), pair("1 0", "1 1", 0)];

  it("scores the cosines, sentence1 as a query and sentence2 as a document", async () => {
    const asked: string[] = [];
    const evaluator = labelledPairEvaluator(pairs);
    const { metrics, rows, task } = await evaluator.run(written(asked));
    const value = Object.fromEntries(metrics.map((metric) => [metric.key, metric.value]));
    // Falling cosine: 1 (label 1), 0.7071 (0), 0 (1): precision 1, 1/2, 2/3.
    expect(value.cosine_ap).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(value.cosine_accuracy).toBeCloseTo(2 / 3, 12);
    expect(value.cosine_accuracy_threshold).toBeCloseTo((1 + Math.SQRT1_2) / 2, 7);
    expect(value.cosine_f1).toBeCloseTo(0.8, 12);
    expect(value.cosine_f1_threshold).toBe(0);
    expect(metrics.map(({ key }) => key)).toEqual(evaluator.keys);
    expect(evaluator.keys).toContain(evaluator.primary);
    expect([rows, task]).toEqual([3, "pair"]);
    expect(asked).toEqual(["query 3", "document 3"]);
  });

  it("refuses rows of one label", () => {
    expect(() => labelledPairEvaluator(pairs.slice(0, 2))).toThrow(
      /got 2 of label 1 and 0 of label 0/,
    );
  });

  it("sees that reused counts have changed", () => {
    const [ap] = pairMetrics([0.9, 0.5, 0.1], [1, 0, 1]);
    const counts = Uint32Array.of(1, 2, 0);
    expect(ap.resampled!(counts)).toBe(1);
    counts.set([0, 2, 1]);
    expect(ap.resampled!(counts)).toBeCloseTo(1 / 3, 12);
  });

  it("is undefined on a resample without label 1, but for the accuracy", () => {
    const counts = Uint32Array.of(0, 3, 0);
    for (const { key, resampled } of pairMetrics([0.9, 0.5, 0.1], [1, 0, 1])) {
      if (key.endsWith("threshold")) expect(resampled, key).toBeUndefined();
      else if (key === "cosine_accuracy") expect(resampled!(counts)).toBe(1);
      else if (key === "cosine_ap") expect(resampled!(counts)).toBeNaN();
    }
  });
});

describe("tripletEvaluator", () => {
  it("counts a triplet for each negative, ties against the model, and draws rows whole", async () => {
    const asked: string[] = [];
    const evaluator = tripletEvaluator([
      { anchor: "1 0", positive: "1 0.5", negatives: ["0 1", "1 0.1", "1 0.5"] },
      { anchor: "0 1", positive: "0 1", negatives: ["1 1"] },
      { anchor: "0 1", positive: "1 0", negatives: [] },
    ]);
    const { metrics, rows } = await evaluator.run(written(asked));
    expect(metrics).toMatchObject([{ key: "cosine_accuracy", value: 2 / 4 }]);
    expect(rows).toBe(2);
    expect(metrics[0].resampled!(Uint32Array.of(1, 3))).toBeCloseTo((1 + 3) / (3 + 3), 12);
    expect(asked).toEqual(["query 2", "document 2", "document 4"]);
  });

  it("refuses rows without negatives", () => {
    const rows = [{ anchor: "a", positive: "b", negatives: [] }];
    expect(() => tripletEvaluator(rows)).toThrow(/none of the 1 rows has a negative/);
  });
});
