import type { Matrix } from "../math/tensor.js";

/** Rows divided by their lengths, in place. */
export function toUnitLength(matrix: Matrix): Matrix {
  const { rows, cols, data } = matrix;
  for (let i = 0; i < rows; i++) {
    const row = data.subarray(i * cols, (i + 1) * cols);
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0)) || 1;
    for (let j = 0; j < cols; j++) row[j] = row[j] / length;
  }
  return matrix;
}
