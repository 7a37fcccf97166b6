import type { Augmentation } from "../../dataset/augment/augmentation.js";
import { createRandom, type Random } from "../../math/random.js";
import type { Feeds } from "./head-feeds.js";

/** What the random numbers of a batch depend on. */
export interface BatchPlace {
  readonly seed: number;
  readonly epoch: number;
  readonly batch: number;
}

/**
 * Changes the vectors of anchors and positives [B,E], each side with random numbers of its own, in the order of the augmentations:
 *
 * - feature-cutoff p: each number becomes 0 with probability p
 * - noise σ: x + σ·‖x‖·z/√E, z standard normal
 * - mixup α: (1 − λ)·x + λ·x_j with λ uniform in [0, α) and j another row of the batch
 *
 * The arrays are changed in place: they were gathered for this batch.
 */
export function augmentVectors(
  feeds: Feeds,
  augmentations: readonly Augmentation[],
  place: BatchPlace,
): Feeds {
  if (augmentations.length === 0) return feeds;
  for (const role of ["anchors", "positives"]) {
    const tensor = feeds[role];
    if (tensor === undefined) continue;
    const random = createRandom(place.seed, `augment/${role}/${place.epoch}/${place.batch}`);
    const [rows = 0, cols = 0] = tensor.shape;
    for (const augmentation of augmentations)
      change[augmentation.name]?.(
        { data: tensor.data as Float32Array, rows, cols },
        augmentation.strength,
        random,
      );
  }
  return feeds;
}

type Change = (
  vectors: { readonly data: Float32Array; readonly rows: number; readonly cols: number },
  strength: number,
  random: Random,
) => void;

const change: { readonly [K in Augmentation["name"]]?: Change } = {
  "feature-cutoff": ({ data }, share, random) => {
    for (let i = 0; i < data.length; i++) if (random.uniform() < share) data[i] = 0;
  },
  noise: ({ data, rows, cols }, strength, random) => {
    for (let row = 0; row < rows; row++) {
      const vector = data.subarray(row * cols, (row + 1) * cols);
      const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
      const scale = (strength * length) / Math.sqrt(cols);
      for (let d = 0; d < cols; d++) vector[d] = vector[d] + scale * random.normal();
    }
  },
  mixup: ({ data, rows, cols }, most, random) => {
    if (rows < 2) return;
    const before = data.slice();
    for (let row = 0; row < rows; row++) {
      const other = (row + 1 + random.below(rows - 1)) % rows;
      const share = most * random.uniform();
      for (let d = 0; d < cols; d++) {
        data[row * cols + d] =
          (1 - share) * before[row * cols + d] + share * before[other * cols + d];
      }
    }
  },
};
