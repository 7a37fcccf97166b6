import type { Tensor } from "../../math/tensor.js";

/** Largest weights that are tried, for a column's range: from what no pair can saturate to all that int8 holds. */
const LARGEST = [63, 70, 77, 84, 91, 98, 105, 112, 119, 127] as const;

/**
 * Two neighbouring rows of a column may add up to this: ONNX Runtime's kernels for AVX2 and AVX-512 without VNNI add the products of rows 2i and
 * 2i + 1 in 16 bits, and 255·128 < 2¹⁵.
 */
const PAIR = 128;

/** Weights nearer to their rounding than this keep it. */
const FIRM = 0.2;

/**
 * W [K,N] → Q int8 [K,N] and scales c [N], W ≈ c_n·Q, such that u8·Q is exact on processors without VNNI too (`PAIR`). Of the ranges
 * `LARGEST` each column takes the one with the least squared error. Then weights near the middle between two numbers are rounded the other
 * way until the mean input's product Σ_k mean_k·(W − c·Q)_kn is about 0: noise averages out over a text's tokens, a shift does not.
 */
export function quantizedColumns(
  weight: Tensor,
  means: Float32Array,
): { readonly matrix: Tensor; readonly scale: Tensor } {
  const [K = 0, N = 0] = weight.shape;
  const source = weight.data as Float32Array;
  const data = new Int8Array(K * N);
  const scale = new Float32Array(N);
  const column = new Float64Array(K);
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) column[k] = source[k * N + n];
    const { rounded, step } = bestRange(column);
    if (step > 0) keepMean(rounded, column, { means, step });
    scale[n] = step;
    for (let k = 0; k < K; k++) data[k * N + n] = rounded[k];
  }
  return {
    matrix: { dtype: "int8", shape: [K, N], data },
    scale: { dtype: "float32", shape: [N], data: scale },
  };
}

interface Rounded {
  readonly rounded: Int8Array;
  /** c; 0 for a column of zeros. */
  readonly step: number;
}

function bestRange(column: Float64Array): Rounded {
  const most = column.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  let best: Rounded = { rounded: new Int8Array(column.length), step: 0 };
  if (most === 0) return best;
  let least = Number.POSITIVE_INFINITY;
  for (const largest of LARGEST) {
    const step = Math.fround(most / largest);
    const rounded = Int8Array.from(column, (w) => Math.round(w / step));
    boundPairs(rounded);
    const error = column.reduce((sum, w, k) => sum + (w - step * rounded[k]) ** 2, 0);
    if (error < least) best = { rounded, step };
    least = Math.min(least, error);
  }
  return best;
}

/** Takes what two neighbours of one sign have too much from both. */
function boundPairs(q: Int8Array): void {
  for (let k = 0; k + 1 < q.length; k += 2) {
    const excess = Math.abs(q[k] + q[k + 1]) - PAIR;
    if (q[k] * q[k + 1] <= 0 || excess <= 0) continue;
    const sign = Math.sign(q[k]);
    const first = Math.min(Math.ceil(excess / 2), Math.abs(q[k]));
    q[k] -= sign * first;
    q[k + 1] -= sign * (excess - first);
  }
}

function keepMean(
  q: Int8Array,
  column: Float64Array,
  { means, step }: { readonly means: Float32Array; readonly step: number },
): void {
  const error = column.map((w, k) => w / step - q[k]);
  let shift = error.reduce((sum, e, k) => sum + means[k] * e, 0);
  const cost = (k: number): number => (1 - 2 * Math.abs(error[k])) / (Math.abs(means[k]) + 1e-12);
  const loose = [...error.keys()].filter((k) => {
    const size = Math.abs(error[k]);
    return size > FIRM && size <= 0.5 && means[k] * error[k] * shift > 0;
  });
  for (const k of loose.sort((a, b) => cost(a) - cost(b))) {
    const turn = Math.sign(error[k]);
    const gain = means[k] * turn;
    if (Math.abs(gain) > Math.abs(shift) || !fits(q, k, q[k] + turn)) continue;
    q[k] += turn;
    shift -= gain;
  }
}

/** Whether the weight of row k may be `value` beside its neighbour. */
function fits(q: Int8Array, k: number, value: number): boolean {
  const neighbour = (k ^ 1) < q.length ? q[k ^ 1] : 0;
  return Math.abs(value) <= 127 && (value * neighbour <= 0 || Math.abs(value + neighbour) <= PAIR);
}
