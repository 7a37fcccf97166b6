import type { LowRankOptions } from "../../graph/rewrites/low-rank.js";

/** Which weights of the encoder are trained. */
export type Tuning =
  /** All; the embedding tables and what belongs to them stay with `freezeEmbeddings`. */
  | { readonly kind: "full"; readonly freezeEmbeddings?: boolean }
  /** The last `layers` layers; what is before them can be run once. */
  | { readonly kind: "last"; readonly layers: number }
  /** Low-rank adapters beside weights that stay. */
  | ({ readonly kind: "lora" } & LowRankOptions);

/** A weight of the encoder by its place. */
export interface PlacedWeight {
  readonly name: string;
  /** 0 … L−1; −1 for the embeddings. */
  readonly layer: number;
  /** What it does: see `weightRole`. */
  readonly role: string;
}

/** Whether the weight is trained, of an encoder with `depth` layers. Adapters are trained in any case. */
export function isTrained(weight: PlacedWeight, tuning: Tuning, depth: number): boolean {
  if (tuning.kind === "lora") return false;
  if (tuning.kind === "last") return weight.layer >= depth - tuning.layers;
  return weight.layer >= 0 || tuning.freezeEmbeddings !== true;
}
