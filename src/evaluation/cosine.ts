import type { Matrix } from "../math/tensor.js";

/** cos(a_i, b_i) of each pair of rows [n]; a zero vector has cosine 0. */
export function pairedCosine(a: Matrix, b: Matrix): Float64Array {
  const cosines = new Float64Array(a.rows);
  for (let i = 0; i < a.rows; i++) cosines[i] = rowCosine(a, i, b, i);
  return cosines;
}

/** cos(a_i, b_j) of one row of each; 0 when either is zero. */
export function rowCosine(a: Matrix, i: number, b: Matrix, j: number): number {
  const d = a.cols;
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let k = 0; k < d; k++) {
    const x = a.data[i * d + k];
    const y = b.data[j * d + k];
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

/** The rows divided by their L2 norms; zero rows stay zero. A new matrix. */
export function normalizedRows(matrix: Matrix): Matrix {
  const { rows, cols } = matrix;
  const data = new Float32Array(matrix.data);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let k = i * cols; k < (i + 1) * cols; k++) sum += data[k] * data[k];
    const scale = sum === 0 ? 0 : 1 / Math.sqrt(sum);
    for (let k = i * cols; k < (i + 1) * cols; k++) data[k] = data[k] * scale;
  }
  return { rows, cols, data };
}
