import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { principalComponents } from "../../src/math/pca.js";
import { createRandom } from "../../src/math/random.js";
import { symmetricEigen } from "../../src/math/symmetric-eigen.js";
import golden from "../fixtures/pca.json" with { type: "json" };

/** max |A v_k − λ_k v_k| and max |V Vᵀ − I|. */
function residuals(matrix: Float64Array, n: number): { equation: number; orthogonality: number } {
  const { values, vectors } = symmetricEigen(matrix, n);
  let equation = 0;
  let orthogonality = 0;
  for (let k = 0; k < n; k++) {
    for (let i = 0; i < n; i++) {
      let product = 0;
      let inner = 0;
      for (let j = 0; j < n; j++) {
        product += matrix[i * n + j] * vectors[k * n + j];
        inner += vectors[k * n + j] * vectors[i * n + j];
      }
      equation = Math.max(equation, Math.abs(product - values[k] * vectors[k * n + i]));
      orthogonality = Math.max(orthogonality, Math.abs(inner - (i === k ? 1 : 0)));
    }
  }
  return { equation, orthogonality };
}

function symmetric(n: number, entry: (i: number, j: number) => number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const i = Math.floor(at / n);
    const j = at % n;
    return entry(Math.max(i, j), Math.min(i, j));
  });
}

describe("symmetricEigen", () => {
  it("solves Av = λv with orthonormal v, for random matrices and repeated eigenvalues alike", () => {
    const entries = fc.array(fc.constantFrom(-2, -1, 0, 0, 0, 1, 2, 0.3), {
      minLength: 144,
      maxLength: 144,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), entries, (n, pool) => {
        const matrix = symmetric(n, (i, j) => pool[i * 12 + j]);
        const { equation, orthogonality } = residuals(matrix, n);
        expect(equation).toBeLessThan(1e-12);
        expect(orthogonality).toBeLessThan(1e-12);
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  it("ends with matrices of low rank, whose zero eigenvalues are rounding", () => {
    for (const [rows, n] of [
      [20, 96],
      [59, 256],
      [3, 64],
    ] as const) {
      const random = createRandom(rows, "low rank");
      const x = Float64Array.from({ length: rows * n }, () => 0.1 + random.normal() / 20);
      const matrix = symmetric(n, (i, j) => {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += x[r * n + i] * x[r * n + j];
        return sum / rows;
      });
      const { equation, orthogonality } = residuals(matrix, n);
      expect(equation).toBeLessThan(1e-13);
      expect(orthogonality).toBeLessThan(1e-12);
    }
  });

  it("orders eigenvalues downward and fixes signs", () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, -1, -1, 2), 2);
    expect(values[0]).toBeCloseTo(3, 14);
    expect(values[1]).toBeCloseTo(1, 14);
    const half = Math.SQRT1_2;
    expect(Math.abs(vectors[0])).toBeCloseTo(half, 14);
    expect(vectors[0] * vectors[1]).toBeCloseTo(-0.5, 14);
    expect(vectors[2] * vectors[3]).toBeCloseTo(0.5, 14);
    expect(vectors[2]).toBeGreaterThan(0);
  });

  it("handles a matrix of the size of an encoder", () => {
    const random = createRandom(1);
    const pool = Float64Array.from({ length: 192 * 192 }, () => random.normal());
    const { equation, orthogonality } = residuals(
      symmetric(192, (i, j) => pool[i * 192 + j]),
      192,
    );
    expect(equation).toBeLessThan(1e-11);
    expect(orthogonality).toBeLessThan(1e-12);
  });
});

describe("principalComponents equals numpy", () => {
  it.each(golden)("$name", ({ rows, k, components }) => {
    const cols = rows[0].length;
    const data = Float32Array.from(rows.flat());
    const result = principalComponents({ rows: rows.length, cols, data }, k);
    expect([result.rows, result.cols]).toEqual([k, cols]);
    components.flat().forEach((x, i) => {
      expect(Math.abs(result.data[i] - x)).toBeLessThan(1e-6);
    });
  });

  it("looks at 10,000 rows of more, spread over all of them", () => {
    const n = 30_000;
    const data = new Float32Array(n * 2);
    for (let i = 0; i < n; i++) data[2 * i + (i < n / 3 ? 0 : 1)] = 1;
    const { data: p } = principalComponents({ rows: n, cols: 2, data }, 1);
    expect(Array.from(p)).toEqual([0, 1]);
  });
});
