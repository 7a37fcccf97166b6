import type { Random } from "../math/random.js";
import type { Matrix } from "../math/tensor.js";
import { multiply } from "../search/product.js";
import { type Centroids, centroids, squaredNorms } from "./nearest-centroid.js";

/** Rows whose distances are computed at a time. */
const BLOCK = 2048;
const MOST_ROUNDS = 100;

/** Clusters of rows. */
interface Clustering {
  /** Cluster of each row, 0 … k − 1. */
  readonly of: Int32Array;
  /** Σ of the squared distances from the cluster's mean. */
  readonly inertia: number;
}

interface KMeansOptions {
  readonly clusters: number;
  readonly random: Random;
  /** The best of so many starts. Default 3. */
  readonly starts?: number;
}

/**
 * Lloyd's k-means from k-means++ starts (Arthur & Vassilvitskii 2007): rows go to the nearest mean until none changes its cluster. A cluster
 * that loses all its rows takes the row that is farthest from its own mean. The start of least inertia is taken.
 */
export function kMeans(x: Matrix, { clusters, random, starts = 3 }: KMeansOptions): Clustering {
  let best: Clustering | undefined;
  for (let start = 0; start < starts; start++) {
    const found = converge(x, plusPlus(x, clusters, random));
    if (best === undefined || found.inertia < best.inertia) best = found;
  }
  return best ?? { of: new Int32Array(x.rows), inertia: 0 };
}

function converge(x: Matrix, first: Centroids): Clustering {
  let assigned = assign(x, first);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    fillEmpty(assigned, first.rows);
    const next = assign(x, centroids(x, assigned.of, first.rows));
    const settled = next.of.every((cluster, i) => cluster === assigned.of[i]);
    assigned = next;
    if (settled) break;
  }
  const inertia = assigned.distances.reduce((sum, distance) => sum + distance, 0);
  return { of: assigned.of, inertia };
}

interface Assignment {
  readonly of: Int32Array;
  /** Squared distance of each row from its mean. */
  readonly distances: Float64Array;
}

/** Each row to the nearest mean, the first on a tie. */
function assign(x: Matrix, means: Centroids): Assignment {
  const norms = squaredNorms(means);
  const own = squaredNorms(x);
  const of = new Int32Array(x.rows);
  const distances = new Float64Array(x.rows);
  for (let start = 0; start < x.rows; start += BLOCK) {
    const rows = Math.min(BLOCK, x.rows - start);
    const data = x.data.subarray(start * x.cols, (start + rows) * x.cols);
    const products = new Float64Array(rows * means.rows);
    multiply({ rows, cols: x.cols, data }, means, products);
    for (let i = 0; i < rows; i++) {
      let [best, least] = [0, Number.POSITIVE_INFINITY];
      for (let c = 0; c < means.rows; c++) {
        const distance = norms[c] - 2 * products[i * means.rows + c];
        if (distance < least) [best, least] = [c, distance];
      }
      of[start + i] = best;
      distances[start + i] = Math.max(0, least + own[start + i]);
    }
  }
  return { of, distances };
}

function fillEmpty({ of, distances }: Assignment, clusters: number): void {
  const sizes = new Int32Array(clusters);
  for (const cluster of of) sizes[cluster] += 1;
  for (let c = 0; c < clusters; c++) {
    if (sizes[c] > 0) continue;
    let farthest = -1;
    for (let i = 0; i < of.length; i++)
      if (sizes[of[i]] > 1 && (farthest < 0 || distances[i] > distances[farthest])) farthest = i;
    if (farthest < 0) return;
    sizes[of[farthest]] -= 1;
    sizes[c] = 1;
    of[farthest] = c;
    distances[farthest] = 0;
  }
}

/** Rows as first means: each drawn with a probability as its squared distance from the nearest one drawn before. */
function plusPlus(x: Matrix, clusters: number, random: Random): Centroids {
  const { rows, cols } = x;
  const data = new Float64Array(clusters * cols);
  const distances = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let chosen = random.below(rows);
  for (let c = 0; c < clusters; c++) {
    if (c > 0) chosen = draw(distances, random);
    const mean = x.data.subarray(chosen * cols, (chosen + 1) * cols);
    data.set(mean, c * cols);
    for (let i = 0; i < rows; i++) {
      let distance = 0;
      for (let k = 0; k < cols; k++) distance += (x.data[i * cols + k] - mean[k]) ** 2;
      distances[i] = Math.min(distances[i], distance);
    }
  }
  return { rows: clusters, cols, data };
}

function draw(weights: Float64Array, random: Random): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) return random.below(weights.length);
  let left = random.uniform() * total;
  const found = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  return found < 0 ? weights.length - 1 : found;
}
