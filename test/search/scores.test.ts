import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/math/random.js";
import type { Matrix } from "../../src/math/tensor.js";
import { createTopK, searchTopK, visitScores } from "../../src/search/scores.js";

const random = createRandom(5);

/** Whole numbers −2 … 2, so that many scores tie exactly. */
function coarse(rows: number, cols: number): Matrix {
  const data = Float32Array.from({ length: rows * cols }, () => random.below(5) - 2);
  return { rows, cols, data };
}

function scoreOf(queries: Matrix, i: number, documents: Matrix, j: number): number {
  const row = (m: Matrix, r: number) => m.data.subarray(r * m.cols, (r + 1) * m.cols);
  const b = row(documents, j);
  return row(queries, i).reduce((sum, x, k) => sum + x * b[k], 0);
}

describe("visitScores", () => {
  it("visits every query and document once, documents in rising order, over several blocks", async () => {
    const [queries, documents] = [coarse(131, 2), coarse(8195, 2)];
    const next = new Int32Array(queries.rows);
    let wrong = 0;
    await visitScores(queries, documents, (query, first, scores) => {
      expect(first).toBe(next[query]);
      next[query] = first + scores.length;
      scores.forEach((score, j) => {
        if (score !== scoreOf(queries, query, documents, first + j)) wrong += 1;
      });
    });
    expect(wrong).toBe(0);
    expect(new Set(next)).toEqual(new Set([8195]));
  });

  it("lets other work run between blocks", async () => {
    let ran = false;
    setImmediate(() => {
      ran = true;
    });
    let ranBeforeTheEnd = false;
    await visitScores(coarse(300, 2), coarse(10, 2), (query) => {
      if (query === 299) ranBeforeTheEnd = ran;
    });
    expect(ranBeforeTheEnd).toBe(true);
  });
});

describe("searchTopK", () => {
  it("finds the k best, of equal scores the earlier one", async () => {
    const [queries, documents] = [coarse(20, 4), coarse(300, 4)];
    const best = await searchTopK(queries, documents, 17);
    for (let i = 0; i < queries.rows; i++) {
      const scores = Array.from({ length: 300 }, (_, j) => scoreOf(queries, i, documents, j));
      const expected = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
      expect([...best.candidates(i)]).toEqual(expected.slice(0, 17));
      expect([...best.scores(i)]).toEqual(expected.slice(0, 17).map((j) => scores[j]));
    }
  });

  it("gives fewer where there are fewer, and never a score that is not a number", () => {
    const best = createTopK(2, 3);
    best.offer(1, 4, Number.NaN);
    best.offer(1, 6, 0.5);
    expect([...best.candidates(0)]).toEqual([]);
    expect([...best.candidates(1)]).toEqual([6]);
    expect([...best.scores(1)]).toEqual([0.5, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });
});
