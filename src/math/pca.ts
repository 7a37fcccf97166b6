import { invariant } from "../errors/internal.js";
import { symmetricEigen } from "./symmetric-eigen.js";
import type { Matrix } from "./tensor.js";

/** Rows that are looked at: more change the second moments of a few hundred dimensions by less than a percent. */
const MAX_ROWS = 10_000;

/**
 * The k leading principal directions of the rows X [N, D], as rows of a matrix P [k, D] with PPᵀ = I: eigenvectors of the
 * second moments XᵀX/N, largest first (Jolliffe, Principal Component Analysis, 2002, section 3.2).
 *
 * Uncentred: x ↦ Px has no shift that could take the mean away again, and of all projections to k dimensions this one keeps
 * the inner products of the rows best, min Σ_ij (x_i·x_j − Px_i·Px_j)² (Eckart & Young 1936). Of more than 10,000 rows, 10,000
 * at equal distances are used. With fewer rows than k the rest of P is an arbitrary orthonormal complement.
 */
export function principalComponents(rows: Matrix, k: number): Matrix {
  const { cols } = rows;
  invariant(rows.rows > 0, "principal components need at least one row");
  invariant(Number.isInteger(k) && k >= 1 && k <= cols, `${k} components of ${cols} dimensions`);
  const { vectors } = symmetricEigen(secondMoments(rows), cols);
  return { rows: k, cols, data: Float32Array.from(vectors.subarray(0, k * cols)) };
}

/** XᵀX/N in float64, row-major [D, D]. Four rows at a time, so that the result passes through memory a quarter as often. */
function secondMoments(x: Matrix): Float64Array {
  const { cols } = x;
  const picked = pickRows(x.rows);
  const moments = new Float64Array(cols * cols);
  const zero = new Float32Array(cols);
  for (let start = 0; start < picked.length; start += 4) {
    const block = [0, 1, 2, 3].map((k) => rowOf(x, picked[start + k]) ?? zero);
    addOuterProducts(moments, block as [Float32Array, Float32Array, Float32Array, Float32Array]);
  }
  for (let i = 0; i < cols; i++) {
    for (let j = i; j < cols; j++) {
      moments[i * cols + j] /= picked.length;
      moments[j * cols + i] = moments[i * cols + j];
    }
  }
  return moments;
}

function pickRows(count: number): number[] {
  const picked = Math.min(count, MAX_ROWS);
  return Array.from({ length: picked }, (_, i) => Math.floor((i * count) / picked));
}

function rowOf(x: Matrix, i: number | undefined): Float32Array | undefined {
  return i === undefined ? undefined : x.data.subarray(i * x.cols, (i + 1) * x.cols);
}

/** Adds Σ_k r_k r_kᵀ to the upper triangle. */
function addOuterProducts(
  moments: Float64Array,
  [a, b, c, d]: readonly [Float32Array, Float32Array, Float32Array, Float32Array],
): void {
  const n = a.length;
  for (let i = 0; i < n; i++) {
    const ai = a[i];
    const bi = b[i];
    const ci = c[i];
    const di = d[i];
    const row = moments.subarray(i * n, (i + 1) * n);
    for (let j = i; j < n; j++) {
      row[j] += ai * a[j] + bi * b[j] + ci * c[j] + di * d[j];
    }
  }
}
