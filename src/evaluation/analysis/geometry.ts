import { mean, quantile } from "../../math/statistics.js";
import { symmetricEigen } from "../../math/symmetric-eigen.js";
import type { Matrix } from "../../math/tensor.js";
import { visitScores } from "../../search/scores.js";
import { squaredNorms } from "../nearest-centroid.js";

/** What RankMe adds to each share of the singular values (Garrido et al. 2023, equation 1). */
const EPSILON = 1e-7;

/** Quantiles of cosines and margins that are told. */
export const QUANTILES: readonly number[] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/** How vectors lie in their space. */
export interface Geometry {
  /** log of the mean of exp(−2‖x − y‖²) over all pairs (Wang & Isola 2020, equation 2, t = 2); lower is more even. */
  readonly uniformity: number;
  /** Of the cosines of all pairs: mean, and quantiles at `QUANTILES`. */
  readonly meanCosine: number;
  readonly cosineQuantiles: readonly number[];
  /** Effective rank exp(−Σ p log p), p the shares of the singular values, not centred (RankMe, Garrido et al. 2023). */
  readonly rankMe: number;
  /** Σλ/λ₁ of the eigenvalues of the covariance matrix (NESum, He & Ozay 2022). */
  readonly neSum: number;
  /** λ₁/Σλ: the share of variance along the first component. */
  readonly firstShare: number;
}

/** The geometry of unit vectors [n, d], over all their pairs. */
export async function geometry(unit: Matrix): Promise<Geometry> {
  const pairs = await pairsOf(unit);
  const sorted = pairs.cosines.slice().sort();
  return {
    ...evennessOf(pairs),
    cosineQuantiles: QUANTILES.map((q) => quantile(sorted, q)),
    ...spectrum(unit),
  };
}

/** Uniformity and mean cosine of unit vectors [n, d], over all their pairs. */
export async function evenness(unit: Matrix): Promise<ReturnType<typeof evennessOf>> {
  return evennessOf(await pairsOf(unit));
}

function evennessOf({ cosines, distances }: Awaited<ReturnType<typeof pairsOf>>) {
  return {
    uniformity: Math.log(mean(distances.map((distance) => Math.exp(-2 * distance)))),
    meanCosine: mean(cosines),
  };
}

/**
 * (Σλ)²/Σλ² of the eigenvalues of the covariance of rows [n, d]: trace² over the squared Frobenius norm of the centred rows' products, so
 * that no eigenvalue is sought.
 */
export function participationRatio(x: Matrix): number {
  const { rows, cols, data } = x;
  const centred = Float64Array.from(data);
  for (let k = 0; k < cols; k++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += data[i * cols + k];
    for (let i = 0; i < rows; i++) centred[i * cols + k] -= sum / rows;
  }
  let [trace, squares] = [0, 0];
  for (let i = 0; i < rows; i++)
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let k = 0; k < cols; k++) dot += centred[i * cols + k] * centred[j * cols + k];
      if (i === j) trace += dot;
      squares += (i === j ? 1 : 2) * dot * dot;
    }
  return trace ** 2 / squares;
}

/** Mean of ‖x − y‖² over positive pairs of unit vectors (alignment, Wang & Isola 2020, equation 1, α = 2). */
export function alignment(x: Matrix, y: Matrix): number {
  let sum = 0;
  for (let i = 0; i < x.rows * x.cols; i++) sum += (x.data[i] - y.data[i]) ** 2;
  return sum / x.rows;
}

/** Mean, standard deviation, least and greatest ‖x‖. */
export function normsOf({ rows, cols, data }: Matrix) {
  const norms = Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let k = i * cols; k < (i + 1) * cols; k++) sum += data[k] * data[k];
    return Math.sqrt(sum);
  });
  const center = mean(norms);
  const variance = mean(norms.map((norm) => (norm - center) ** 2));
  const sorted = norms.slice().sort();
  return { mean: center, sd: Math.sqrt(variance), least: sorted[0], greatest: sorted[rows - 1] };
}

/** Cosine and squared distance of every pair. Vectors in single precision have a length of not quite 1. */
async function pairsOf(unit: Matrix) {
  const norms = squaredNorms(unit);
  const cosines = new Float64Array((unit.rows * (unit.rows - 1)) / 2);
  const distances = new Float64Array(cosines.length);
  let next = 0;
  await visitScores(unit, unit, (i, first, scores) => {
    for (let j = Math.max(0, i + 1 - first); j < scores.length; j++) {
      cosines[next] = scores[j];
      distances[next] = norms[i] + norms[first + j] - 2 * scores[j];
      next += 1;
    }
  });
  return { cosines, distances };
}

function spectrum(unit: Matrix): Pick<Geometry, "rankMe" | "neSum" | "firstShare"> {
  const { rows, cols } = unit;
  const { gram, means } = moments(unit);
  const singular = symmetricEigen(gram, cols)
    .values.slice(0, Math.min(rows, cols))
    .map((value) => Math.sqrt(Math.max(0, value)));
  const total = singular.reduce((sum, value) => sum + value, 0);
  const entropy = singular.reduce((sum, value) => {
    const share = value / total + EPSILON;
    return sum - share * Math.log(share);
  }, 0);
  const covariance = gram.map(
    (value, at) => value / rows - means[Math.floor(at / cols)] * means[at % cols],
  );
  const { values } = symmetricEigen(covariance, cols);
  const variance = values.reduce((sum, value) => sum + value, 0);
  return {
    rankMe: Math.exp(entropy),
    neSum: variance / values[0],
    firstShare: values[0] / variance,
  };
}

/** XᵀX [d, d] and the mean of each dimension. */
export function moments({ rows, cols, data }: Matrix) {
  const gram = new Float64Array(cols * cols);
  const means = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const x = data.subarray(i * cols, (i + 1) * cols);
    for (let a = 0; a < cols; a++) {
      means[a] += x[a] / rows;
      for (let b = 0; b <= a; b++) gram[a * cols + b] += x[a] * x[b];
    }
  }
  for (let a = 0; a < cols; a++)
    for (let b = 0; b < a; b++) gram[b * cols + a] = gram[a * cols + b];
  return { gram, means };
}
