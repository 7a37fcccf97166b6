import { symmetricEigen } from "../../math/symmetric-eigen.js";
import type { Matrix } from "../../math/tensor.js";
import { moments } from "./geometry.js";

/** Places of vectors in a plane [n], about their mean. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Where vectors lie along their first two principal components, and how much of their variance each component has. */
export interface Plane extends Points {
  /** λ_k/Σλ of the covariance matrix, falling [D]. */
  readonly shares: Float64Array;
}

/** The plane of greatest variance through the rows [n, D], D ≥ 2, about their mean (principal components, Jolliffe 2002). */
export function planeOf(matrix: Matrix): Plane {
  const { rows, cols, data } = matrix;
  const { gram, means } = moments(matrix);
  const covariance = gram.map(
    (value, at) => value / rows - means[Math.floor(at / cols)] * means[at % cols],
  );
  const { values, vectors } = symmetricEigen(covariance, cols);
  const along = (component: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, i) => {
      let sum = 0;
      for (let d = 0; d < cols; d++)
        sum += (data[i * cols + d] - means[d]) * vectors[component * cols + d];
      return sum;
    });
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0) || 1;
  return { x: along(0), y: along(1), shares: values.map((value) => Math.max(0, value) / total) };
}

/**
 * The second picture turned, and mirrored where that is nearer, so that its points lie as near to the first's as they can (orthogonal Procrustes,
 * Schönemann 1966, in two dimensions): two pictures can then be compared.
 */
export function turnedTo<P extends Points>(first: Points, second: P): P {
  const dot = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [xx, xy] = [dot(second.x, first.x), dot(second.x, first.y)];
  const [yx, yy] = [dot(second.y, first.x), dot(second.y, first.y)];
  // The best rotation and the best reflection, by the traces that they reach.
  const turned = Math.hypot(xx + yy, xy - yx);
  const mirrored = Math.hypot(xx - yy, xy + yx);
  const flip = mirrored > turned ? -1 : 1;
  const angle = flip === 1 ? Math.atan2(xy - yx, xx + yy) : Math.atan2(xy + yx, xx - yy);
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const y = second.y.map((value) => flip * value);
  return {
    ...second,
    x: second.x.map((value, i) => c * value - s * y[i]),
    y: second.x.map((value, i) => s * value + c * y[i]),
  };
}
