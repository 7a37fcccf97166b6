import { internal } from "../errors/internal.js";

/** Eigenvalues, descending, and unit eigenvectors of a symmetric matrix. */
interface Eigen {
  /** [n] */
  readonly values: Float64Array;
  /** Row-major [n, n]: row k is the eigenvector of `values[k]`; its entry of greatest magnitude is positive. */
  readonly vectors: Float64Array;
}

/** Steps of the QL iteration an eigenvalue may take; one or two are usual. */
const MAX_ITERATIONS = 60;

/**
 * All eigenvalues and eigenvectors of a real symmetric matrix, row-major [n, n]: Householder tridiagonalisation, then
 * implicit QL with Wilkinson's shift (Golub & Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3). O(n³), deterministic.
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const { diagonal, offDiagonal, basis } = tridiagonalize(Float64Array.from(matrix), n);
  diagonalize(diagonal, offDiagonal, basis);
  return sorted(diagonal, basis, n);
}

interface Tridiagonal {
  readonly diagonal: Float64Array;
  /** offDiagonal[i] couples i and i + 1; the last entry is 0. */
  readonly offDiagonal: Float64Array;
  /** Rows q_i with A = Σ_ij T_ij q_i q_jᵀ. */
  readonly basis: Float64Array;
}

/** A → QᵀAQ = T by reflections I − β v vᵀ, one for each column k with v = 0 up to k; `a` is overwritten. */
function tridiagonalize(a: Float64Array, n: number): Tridiagonal {
  const offDiagonal = new Float64Array(n);
  const reflections: { v: Float64Array; beta: number; start: number }[] = [];
  for (let k = 0; k < n - 2; k++) {
    const reflection = householder(a.subarray(k * n + k + 1, (k + 1) * n));
    offDiagonal[k] = reflection.alpha;
    reflections.push({ ...reflection, start: k + 1 });
    reflectBothSides(a, n, { ...reflection, start: k + 1 });
  }
  if (n > 1) offDiagonal[n - 2] = a[(n - 2) * n + n - 1];
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]);
  return { diagonal, offDiagonal, basis: accumulate(reflections, n) };
}

/** v and β with (I − β v vᵀ)x = α e_1. */
function householder(x: Float64Array): { v: Float64Array; beta: number; alpha: number } {
  const v = Float64Array.from(x);
  const norm = Math.sqrt(dot(v, v));
  const alpha = v[0] > 0 ? -norm : norm;
  v[0] -= alpha;
  const square = dot(v, v);
  return { v, beta: square === 0 ? 0 : 2 / square, alpha };
}

interface Reflection {
  readonly v: Float64Array;
  readonly beta: number;
  /** First row and column that are reflected. */
  readonly start: number;
}

/** B → B − v wᵀ − w vᵀ with w = p − ½β(pᵀv)v, p = βBv, for the symmetric block B from `start` on. */
function reflectBothSides(a: Float64Array, n: number, { v, beta, start }: Reflection): void {
  const m = v.length;
  const row = (i: number) => a.subarray((start + i) * n + start, (start + i + 1) * n);
  const w = Float64Array.from({ length: m }, (_, i) => beta * dot(row(i), v));
  const shift = (beta / 2) * dot(w, v);
  for (let i = 0; i < m; i++) w[i] -= shift * v[i];
  for (let i = 0; i < m; i++) {
    const target = row(i);
    const vi = v[i];
    const wi = w[i];
    for (let j = 0; j < m; j++) target[j] -= vi * w[j] + wi * v[j];
  }
}

/** The product of the reflections, its columns as rows: starts from the last, which touches the smallest block. */
function accumulate(reflections: readonly Reflection[], n: number): Float64Array {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (const { v, beta, start } of [...reflections].reverse()) {
    for (let i = start; i < n; i++) {
      const target = basis.subarray(i * n + start, (i + 1) * n);
      const scale = beta * dot(target, v);
      for (let j = 0; j < v.length; j++) target[j] -= scale * v[j];
    }
  }
  return basis;
}

/**
 * Implicit QL on (d, e); every rotation is applied to two rows of `basis` as well. Couplings below the rounding of the largest entries
 * are nothing: among the zero eigenvalues of a matrix of low rank there is no more than that, and no end to removing it.
 */
function diagonalize(d: Float64Array, e: Float64Array, basis: Float64Array): void {
  const size = d.reduce((most, x, i) => Math.max(most, Math.abs(x) + Math.abs(e[i])), 0);
  for (let low = 0; low < d.length; low++) {
    for (let iteration = 0; ; iteration++) {
      const high = decoupled(e, low, Number.EPSILON * size);
      if (high === low) break;
      if (iteration === MAX_ITERATIONS)
        internal("the eigenvalues of a symmetric matrix do not converge");
      chase(d, e, { low, high, basis });
    }
  }
}

/** The first m ≥ low whose coupling to m + 1 is negligible; the last has none. */
function decoupled(e: Float64Array, low: number, negligible: number): number {
  let m = low;
  while (m < e.length - 1 && Math.abs(e[m]) > negligible) m += 1;
  return m;
}

/** One QL sweep over rows low … high: a shifted rotation at the bottom, then the bulge is chased up. */
function chase(
  d: Float64Array,
  e: Float64Array,
  {
    low,
    high,
    basis,
  }: { readonly low: number; readonly high: number; readonly basis: Float64Array },
): void {
  const half = (d[low + 1] - d[low]) / (2 * e[low]);
  const root = Math.hypot(half, 1);
  let g = d[high] - d[low] + e[low] / (half + (half >= 0 ? root : -root));
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = high - 1; i >= low; i--) {
    const f = s * e[i];
    const b = c * e[i];
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] -= p;
      e[high] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    const t = (d[i] - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    rotate(basis, i, { s, c, n: d.length });
  }
  d[low] -= p;
  e[low] = g;
  e[high] = 0;
}

/** Rows i and i + 1 of the basis → c·q_i − s·q_{i+1} and s·q_i + c·q_{i+1}. */
function rotate(basis: Float64Array, i: number, by: { s: number; c: number; n: number }): void {
  const { s, c, n } = by;
  const first = basis.subarray(i * n, (i + 1) * n);
  const second = basis.subarray((i + 1) * n, (i + 2) * n);
  for (let k = 0; k < n; k++) {
    const x = first[k];
    const y = second[k];
    second[k] = s * x + c * y;
    first[k] = c * x - s * y;
  }
}

function sorted(values: Float64Array, vectors: Float64Array, n: number): Eigen {
  const order = Array.from(values.keys()).sort((i, j) => values[j] - values[i] || i - j);
  const result = new Float64Array(n * n);
  order.forEach((from, to) => {
    const vector = vectors.subarray(from * n, (from + 1) * n);
    const sign = largest(vector) < 0 ? -1 : 1;
    for (let k = 0; k < n; k++) result[to * n + k] = sign * vector[k];
  });
  return { values: Float64Array.from(order, (i) => values[i]), vectors: result };
}

/** The entry of greatest magnitude, the first of equals. */
function largest(vector: Float64Array): number {
  return vector.reduce((best, x) => (Math.abs(x) > Math.abs(best) ? x : best), 0);
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += x[i] * y[i];
  return sum;
}
