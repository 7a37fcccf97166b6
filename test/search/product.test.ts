import { describe, expect, it } from "vitest";
import { createRandom } from "../../src/math/random.js";
import { multiply, type Rows } from "../../src/search/product.js";

const random = createRandom(3);

function randomRows(rows: number, cols: number): Rows {
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => random.normal()) };
}

function direct(a: Rows, b: Rows, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < a.cols; k++) sum += a.data[i * a.cols + k] * b.data[j * b.cols + k];
  return sum;
}

describe("multiply", () => {
  it.each([
    [1, 1, 1],
    [2, 4, 3],
    [63, 47, 5],
    [64, 48, 512],
    [65, 49, 513],
    [130, 101, 1100],
  ])("gives a·bᵀ for %i and %i rows of %i numbers", (m, n, d) => {
    const [a, b] = [randomRows(m, d), randomRows(n, d)];
    const out = new Float64Array(m * n).fill(Number.NaN);
    multiply(a, b, out);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        expect(Math.abs(out[i * n + j] - direct(a, b, i, j))).toBeLessThan(1e-10);
      }
    }
  });

  it("takes double precision, and gives equal rows equal products wherever they stand", () => {
    const a = randomRows(70, 600);
    const b = { rows: 100, cols: 600, data: new Float64Array(100 * 600) };
    for (let j = 0; j < 100; j++) b.data.set(a.data.subarray(0, 600), j * 600);
    const out = new Float64Array(70 * 100);
    multiply(a, b, out);
    for (let i = 0; i < 70; i++) {
      expect(new Set(out.subarray(i * 100, (i + 1) * 100)).size).toBe(1);
    }
    expect(out[0]).toBeCloseTo(direct(a, a, 0, 0), 10);
  });

  it("refuses rows of different length", () => {
    expect(() => multiply(randomRows(1, 2), randomRows(1, 3), new Float64Array(1))).toThrow(
      /2 and 3/,
    );
  });
});
