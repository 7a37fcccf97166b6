import { componentsOf } from "../../dataset/batches/components.js";
import { invariant } from "../../errors/internal.js";
import { toTensor } from "../../onnx/tensor-proto.js";
import type { ActivationRanges, ChannelRange } from "./activation-ranges.js";
import type { WeightProduct } from "./weight-products.js";

/** How the input x [..., K] of products is quantised: u = round(x_k / s_k / step) + zero, 0–255. */
export interface InputScale {
  /** s [K], above 0: what the weights take over. */
  readonly smoothing: Float32Array;
  readonly step: number;
  readonly zero: number;
  /** Mean of x_k / s_k [K]. */
  readonly mean: Float32Array;
}

/**
 * The share of a channel's range that goes into the weights. Of all-MiniLM-L6-v2, plainly rounded weights, mean cosine to float32 of 128
 * texts: 0.7 0.9976, 0.8 0.9980, 0.9 0.9976, without smoothing 0.9915.
 */
const SMOOTHING = 0.8;

/** Ranges and weights below count as this, so that an idle channel has a scale. */
const LEAST = 1e-5;

/**
 * s_k = max|x_k|^0.8 / max_n|W_kn|^0.2 over all weights that x is multiplied by, then one step and zero point for x/s: the smallest
 * range that holds 0 and all that was measured. Inputs that share a weight (DeBERTa's positions, ALBERT's layers) share s and mean, over
 * the ranges of all of them, since the weight takes over one s; each has its own step and zero point.
 */
export function inputScales(
  products: readonly WeightProduct[],
  ranges: ActivationRanges,
): Map<string, InputScale> {
  const scales = new Map<string, InputScale>();
  for (const group of sharing(products)) {
    const inputs = [...new Set(group.map(({ input }) => input))];
    const own = inputs.map((input) => {
      const range = ranges.get(input);
      invariant(range !== undefined, `no range was measured of "${input}"`);
      return range;
    });
    const shared = own.reduce(joined);
    const smoothing = smoothingOf(shared, largestInRows(group));
    const mean = shared.mean.map((x, k) => x / smoothing[k]);
    inputs.forEach((input, i) => {
      scales.set(input, { smoothing, mean, ...gridOf(own[i], smoothing) });
    });
  }
  return scales;
}

/** Products in groups that have no input and no weight in common. */
function sharing(products: readonly WeightProduct[]): WeightProduct[][] {
  const components = componentsOf(products, ({ input, weight }) => [input, weight.name]);
  const groups: WeightProduct[][] = [];
  products.forEach((product, i) => {
    groups[components[i]] = [...(groups[components[i]] ?? []), product];
  });
  return groups;
}

/** The range of two inputs' tokens together. */
function joined(a: ChannelRange, b: ChannelRange): ChannelRange {
  return {
    least: a.least.map((x, k) => Math.min(x, b.least[k])),
    most: a.most.map((x, k) => Math.max(x, b.most[k])),
    mean: a.mean.map((x, k) => (x * a.tokens + b.mean[k] * b.tokens) / (a.tokens + b.tokens)),
    tokens: a.tokens + b.tokens,
  };
}

function smoothingOf({ least, most }: ChannelRange, weights: Float32Array): Float32Array {
  return weights.map((w, k) => {
    const size = Math.max(Math.abs(least[k]), Math.abs(most[k]), LEAST);
    return size ** SMOOTHING / Math.max(w, LEAST) ** (1 - SMOOTHING);
  });
}

function gridOf(
  { least, most }: ChannelRange,
  smoothing: Float32Array,
): Pick<InputScale, "step" | "zero"> {
  const low = least.reduce((low, x, k) => Math.min(low, x / smoothing[k]), 0);
  const high = most.reduce((high, x, k) => Math.max(high, x / smoothing[k]), 0);
  const step = Math.fround((high - low) / 255) || 1;
  return { step, zero: Math.round(-low / step) };
}

/** max_n|W_kn| of each row k, over the weights of all products. */
function largestInRows(products: readonly WeightProduct[]): Float32Array {
  const weights = new Map(products.map(({ weight }) => [weight.name, weight]));
  const rows = new Float32Array(Number(products[0].weight.dims[0]));
  for (const weight of weights.values()) {
    const { shape, data } = toTensor(weight);
    const [, N = 1] = shape;
    (data as Float32Array).forEach((w, i) => {
      const k = Math.floor(i / N);
      rows[k] = Math.max(rows[k], Math.abs(w));
    });
  }
  return rows;
}
