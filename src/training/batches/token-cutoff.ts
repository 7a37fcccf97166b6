import type { Augmentation } from "../../dataset/augment/augmentation.js";
import { createRandom } from "../../math/random.js";
import type { BatchPlace } from "./augment-vectors.js";

/**
 * Leaves out tokens between the first and the last (which are special tokens), each with the probability of the augmentation; one stays. ConSERT
 * (Yan 2021) sets their embeddings to zero and keeps their places; here they are gone, which costs less than it saves.
 */
export function cutTokens(
  ids: readonly Int32Array[],
  augmentations: readonly Augmentation[],
  place: BatchPlace,
): readonly Int32Array[] {
  const share = augmentations.find(({ name }) => name === "token-cutoff")?.strength;
  if (share === undefined) return ids;
  const random = createRandom(place.seed, `token-cutoff/${place.epoch}/${place.batch}`);
  return ids.map((own) => {
    const last = own.length - 1;
    const kept = own.filter((_, i) => i === 0 || i === last || random.uniform() >= share);
    return kept.length > 2 || own.length <= 2 ? kept : own.filter((_, i) => i < 2 || i === last);
  });
}
