import { invariant } from "../errors/internal.js";

/** Row-major rows × cols numbers in single or double precision; a `Matrix` is one. */
export interface Rows {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array | Float64Array;
}

/** Rows of a and of b that are multiplied at a time: multiples of the 2 × 4 kernel, sized for the second-level cache. */
const TILE_A = 64;
const TILE_B = 48;
/** Columns of a tile: one pass for embeddings up to this size. */
const DEPTH = 512;

const panelA = new Float64Array(TILE_A * DEPTH);
const panelB = new Float64Array(TILE_B * DEPTH);
const tile = new Float64Array(TILE_A * TILE_B);

/**
 * The product a·bᵀ of a [m, d] and b [n, d], written to `out` [m, n] row-major. Sums are kept in double precision,
 * and in the same order for every element, so equal rows have exactly equal products. About 4 GFLOP/s on one core.
 */
export function multiply(a: Rows, b: Rows, out: Float64Array): void {
  invariant(a.cols === b.cols, `rows of ${a.cols} and ${b.cols} numbers have no product`);
  invariant(out.length === a.rows * b.rows, `${a.rows} × ${b.rows} products, ${out.length} places`);
  for (let j = 0; j < b.rows; j += TILE_B) {
    for (let i = 0; i < a.rows; i += TILE_A) {
      tile.fill(0);
      for (let k = 0; k < a.cols; k += DEPTH) accumulate(a, b, [i, j, k]);
      copyTile(i, j, b.rows, out);
    }
  }
}

/** Adds the products of one pair of tiles over columns k … k + DEPTH. */
function accumulate(a: Rows, b: Rows, [i, j, k]: readonly [number, number, number]): void {
  const depth = Math.min(DEPTH, a.cols - k);
  pack(a, [i, k, depth], panelA);
  // A panel of b of full depth stays packed while i advances.
  if (i === 0 || a.cols > DEPTH) pack(b, [j, k, depth], panelB);
  addProducts(Math.min(TILE_A, a.rows - i), Math.min(TILE_B, b.rows - j), depth);
}

function pack(source: Rows, [first, k, depth]: readonly number[], panel: Float64Array): void {
  const { rows, cols, data } = source;
  const count = Math.min(panel.length / DEPTH, rows - first);
  for (let r = 0; r < count; r++) {
    const at = (first + r) * cols + k;
    panel.set(data.subarray(at, at + depth), r * depth);
  }
}

/** tile += panelA · panelBᵀ, eight sums at a time. Rows past the end are computed too, and not copied. */
function addProducts(rows: number, cols: number, d: number): void {
  for (let i = 0; i < rows; i += 2) {
    for (let j = 0; j < cols; j += 4) {
      const at = i * TILE_B + j;
      const [p0, q0] = [i * d, j * d];
      const [p1, q1, q2, q3] = [p0 + d, q0 + d, q0 + 2 * d, q0 + 3 * d];
      let [s00, s01, s02, s03] = [0, 0, 0, 0];
      let [s10, s11, s12, s13] = [0, 0, 0, 0];
      for (let k = 0; k < d; k++) {
        const x0 = panelA[p0 + k];
        const x1 = panelA[p1 + k];
        const y0 = panelB[q0 + k];
        const y1 = panelB[q1 + k];
        const y2 = panelB[q2 + k];
        const y3 = panelB[q3 + k];
        s00 += x0 * y0;
        s01 += x0 * y1;
        s02 += x0 * y2;
        s03 += x0 * y3;
        s10 += x1 * y0;
        s11 += x1 * y1;
        s12 += x1 * y2;
        s13 += x1 * y3;
      }
      tile[at] += s00;
      tile[at + 1] += s01;
      tile[at + 2] += s02;
      tile[at + 3] += s03;
      tile[at + TILE_B] += s10;
      tile[at + TILE_B + 1] += s11;
      tile[at + TILE_B + 2] += s12;
      tile[at + TILE_B + 3] += s13;
    }
  }
}

function copyTile(i: number, j: number, cols: number, out: Float64Array): void {
  const count = Math.min(TILE_B, cols - j);
  const rows = Math.min(TILE_A, out.length / cols - i);
  for (let r = 0; r < rows; r++) {
    out.set(tile.subarray(r * TILE_B, r * TILE_B + count), (i + r) * cols + j);
  }
}
