import type { Matrix } from "../math/tensor.js";
import { multiply } from "../search/product.js";
import type { Reference } from "./nearest-neighbors.js";

/**
 * Nearest-centroid classification: the class whose mean vector is nearest by euclidean distance; the smaller class on a tie. As
 * scikit-learn's `NearestCentroid()`; the means are not normalised.
 */
export function predictByCentroid({ x, y, classes }: Reference, queries: Matrix): Int32Array {
  const means = centroids(x, y, classes);
  const products = new Float64Array(queries.rows * classes);
  multiply(queries, means, products);
  const norms = squaredNorms(means);
  return Int32Array.from({ length: queries.rows }, (_, query) => {
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let c = 0; c < classes; c++) {
      const distance = norms[c] - 2 * products[query * classes + c];
      if (distance < least) [best, least] = [c, distance];
    }
    return best;
  });
}

/** Row-major vectors in double precision. */
export interface Centroids {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** The mean of the rows of each group [groups, d]; zero for a group without rows. */
export function centroids(x: Matrix, group: ArrayLike<number>, groups: number): Centroids {
  const { rows, cols } = x;
  const data = new Float64Array(groups * cols);
  const sizes = new Float64Array(groups);
  for (let i = 0; i < rows; i++) {
    const at = group[i] * cols;
    sizes[group[i]] += 1;
    for (let k = 0; k < cols; k++) data[at + k] += x.data[i * cols + k];
  }
  for (let i = 0; i < data.length; i++) data[i] /= Math.max(1, sizes[Math.floor(i / cols)]);
  return { rows: groups, cols, data };
}

/** ‖row‖² of each row. */
export function squaredNorms({ rows, cols, data }: Centroids | Matrix): Float64Array {
  const norms = new Float64Array(rows);
  for (let i = 0; i < rows * cols; i++) norms[Math.floor(i / cols)] += data[i] * data[i];
  return norms;
}
