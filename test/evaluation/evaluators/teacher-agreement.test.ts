import { describe, expect, it } from "vitest";
import { teacherAgreementEvaluator } from "../../../src/evaluation/evaluators/teacher-agreement.js";
import type { Embed } from "../../../src/evaluation/metric.js";

const texts = Array.from({ length: 40 }, (_, i) => `text ${i}`);

/** The vector of text i is of the angle `angle(i)`, in `size` dimensions. */
function embedBy(angle: (i: number) => number, size = 2): Embed {
  return async (some) => {
    const data = new Float32Array(some.length * size);
    some.forEach((text, row) => {
      const at = angle(Number(text.slice(5)));
      data.set([Math.cos(at), Math.sin(at)], row * size);
    });
    return { rows: some.length, cols: size, data };
  };
}

const wave = (i: number): number => 3 * Math.sin(i * 12.9898);

describe("agreement with a teacher", () => {
  const evaluator = teacherAgreementEvaluator(texts);

  it("is 1 for a rotation of the teacher in more dimensions", async () => {
    const { metrics, rows } = await evaluator.run(
      embedBy((i) => wave(i) + 1, 3),
      embedBy(wave),
    );
    expect(rows).toBe(200);
    expect(metrics[0].key).toBe("spearman_cosine");
    expect(metrics[0].value).toBeCloseTo(1, 3);
  });

  it("is low for another geometry", async () => {
    const other = embedBy((i) => 3 * Math.sin(i * 78.233));
    const { metrics } = await evaluator.run(other, embedBy(wave));
    expect(Math.abs(metrics[0].value)).toBeLessThan(0.4);
  });
});
