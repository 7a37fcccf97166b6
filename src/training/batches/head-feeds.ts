import type { Matrix } from "../../math/tensor.js";
import { matrixTensor, type Tensor } from "../../math/tensor.js";
import type { TextBatch } from "./batch-maker.js";

/** Inputs of a step by graph input name. */
export type Feeds = Record<string, Tensor>;

/** The batch with each text replaced by its vector: [B,E], negatives [B·K,E]. `gather` gives the vectors of numbered texts. */
export function headFeeds(
  { texts, constants }: TextBatch,
  gather: (numbers: Int32Array) => Matrix,
): Feeds {
  const feeds: Feeds = { ...constants };
  for (const [role, numbers] of Object.entries(texts)) feeds[role] = matrixTensor(gather(numbers));
  return feeds;
}
