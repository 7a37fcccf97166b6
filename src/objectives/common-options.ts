import type { BooleanOption, ChoiceOption, NumberOption } from "../options/option.js";
import type { Paper } from "./definition.js";

export type Similarity = "cosine" | "dot";
export type Distance = "euclidean" | "squared-euclidean" | "cosine";

/** Temperature τ, above 0: similarities are divided by it. */
export function temperature(value: number): NumberOption {
  return {
    type: "number",
    default: value,
    above: 0,
    description:
      "temperature τ: similarities are divided by it; smaller looks harder at the nearest negatives",
  };
}

/** Margin m, at least 0. */
export function margin(value: number): NumberOption {
  return {
    type: "number",
    default: value,
    min: 0,
    description: "margin m: how far a negative must be kept before it stops to count",
  };
}

/** Scale λ = 1/τ of a ranking objective, above 0. */
export function scale(value: number): NumberOption {
  return {
    type: "number",
    default: value,
    above: 0,
    description: "scale λ (1/τ) of the differences of similarities",
  };
}

/** Cosine or dot product. */
export function similarity(value: Similarity): ChoiceOption<Similarity> {
  return {
    type: "choice",
    default: value,
    choices: ["cosine", "dot"],
    description: "similarity of two vectors",
  };
}

/** Distance D(u, v). */
export function distance(value: Distance): ChoiceOption<Distance> {
  return {
    type: "choice",
    default: value,
    choices: ["euclidean", "squared-euclidean", "cosine"],
    description: "distance D of two vectors",
  };
}

/** Whether vectors are divided by their norm before the formula. */
export function normalize(value: boolean): BooleanOption {
  return {
    type: "boolean",
    default: value,
    description: "divide each vector by its length before the formula",
  };
}

/** Both directions of a pair objective. */
const symmetric: BooleanOption = {
  type: "boolean",
  default: false,
  description:
    "mean of the loss and of the same with anchors and positives swapped: directions qd+dq, partition per-direction",
};

/**
 * Which texts are compared: q anchors (queries), d positives and explicit negatives (documents). `qd` is sentence-transformers'
 * query_to_doc, and always among them.
 */
export type Directions = "qd" | `qd+${string}`;

/** One softmax over all directions, one for each text that asks, or one a direction. */
export type Partition = "joint" | "per-text" | "per-direction";

const furtherDirections = ["dq", "qq", "dd", "dq+qq", "dq+dd", "qq+dd", "dq+qq+dd"];

/** Both directions of a pair objective, or any subset of four (Li et al. 2023, GTE; sentence-transformers 6). */
export const directions = {
  symmetric,
  directions: {
    type: "choice",
    default: "qd",
    choices: ["qd", ...furtherDirections.map((some): Directions => `qd+${some}`)],
    synonyms: { all: "qd+dq+qq+dd" },
    description:
      "similarities that are candidates: qd anchor to documents, dq positive to anchors, qq anchor to anchors, dd positive to documents of other rows; all",
  } satisfies ChoiceOption<Directions> as ChoiceOption<Directions>,
  partition: {
    type: "choice",
    default: "joint",
    choices: ["joint", "per-text", "per-direction"],
    description:
      "softmaxes over the directions, of which the loss is the mean: one of all, one for each text that asks (qd+qq, dq+dd), or one a direction",
  } satisfies ChoiceOption<Partition> as ChoiceOption<Partition>,
};

/** Weight w of an anchor's own explicit negatives, above 0. */
export const hardNegativeWeight: NumberOption = {
  type: "number",
  default: 1,
  above: 0,
  description: "weight w of an anchor's own explicit negatives: log w is added to their logits",
};

/** Which negatives are weighted by their hardness. */
export type HardnessOn = "explicit" | "in-batch" | "all";

/** Where hardness weighting comes from. */
export const hardnessPaper: Paper = {
  authors: "Lan, Niu, Meng, Zhou, Su",
  year: 2025,
  title:
    "LLaVE: Large Language and Vision Embedding Models with Hardness-Weighted Contrastive Learning",
  place: "hardness weighting",
};

/** Strength α of hardness weighting and the negatives it is for (Lan et al. 2025, LLaVE). */
export const hardness = {
  hardness: {
    type: "number",
    default: 0,
    min: 0,
    description:
      "strength α of hardness weighting: α·cos (without gradient) is added to the logits of negatives",
  } satisfies NumberOption as NumberOption,
  hardnessOn: {
    type: "choice",
    default: "all",
    choices: ["explicit", "in-batch", "all"],
    description:
      "negatives that hardness weighs: the anchor's own explicit ones, those of other rows, or all",
  } satisfies ChoiceOption<HardnessOn> as ChoiceOption<HardnessOn>,
};

/** Share ρ of false negatives among the candidates, 0 ≤ ρ < 1. */
export const rho: NumberOption = {
  type: "number",
  default: 0.1,
  min: 0,
  below: 1,
  description: "assumed share ρ of the negatives that are positives in truth",
};
