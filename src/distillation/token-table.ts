import type { Matrix } from "../math/tensor.js";
import { multiply } from "../search/product.js";

/** a of SIF's weight a / (a + p). */
const SIF = 1e-3;

/**
 * SIF weights a / (a + p(token)), a = 10⁻³, of tokens by how often they stand in the corpus (Arora et al. 2017): 1 for what never does,
 * near 0 for what stands everywhere. Special tokens get 0.
 */
export function sifWeights(counts: Float64Array, specials: number): Float32Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Float32Array.from(counts, (count, i) =>
    i < specials ? 0 : SIF / (SIF + count / Math.max(1, total)),
  );
}

/** Rows [N, D] in the k leading principal directions [k, D] of others: XPᵀ, [N, k]. */
export function project({ rows, cols, data }: Matrix, { rows: k, data: p }: Matrix): Matrix {
  const products = new Float64Array(rows * k);
  multiply({ rows, cols, data }, { rows: k, cols, data: p }, products);
  return { rows, cols: k, data: Float32Array.from(products) };
}

/**
 * What a static model has for each token (Model2Vec, Tulkens & van Dongen 2024): the teacher's vector of the token as a text, in k
 * directions [k, D], of unit length, times its SIF weight. `tokenVectors` [V, D] → [V, k]. Without directions nothing is turned.
 */
export function tokenTable(
  tokenVectors: Matrix,
  weights: Float32Array,
  directions: Matrix | undefined,
): Matrix {
  const turned =
    directions === undefined
      ? { ...tokenVectors, data: Float32Array.from(tokenVectors.data) }
      : project(tokenVectors, directions);
  const { rows, cols: k } = turned;
  for (let i = 0; i < rows; i++) {
    const row = turned.data.subarray(i * k, (i + 1) * k);
    const scale = weights[i] / Math.hypot(...row, 1e-12);
    for (let j = 0; j < k; j++) row[j] *= scale;
  }
  return turned;
}

/**
 * The weights [D, hidden] of a layer from the student's width to its teacher's: back from the directions [k, D] that the table was turned to, and 0
 * for what a token has behind them.
 */
export function backFrom({ rows: k, cols: D, data }: Matrix, hidden: number): Matrix {
  const back = new Float32Array(D * hidden);
  for (let j = 0; j < k; j++) for (let o = 0; o < D; o++) back[o * hidden + j] = data[j * D + o];
  return { rows: D, cols: hidden, data: back };
}
