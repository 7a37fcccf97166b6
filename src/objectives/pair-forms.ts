import type { InputForm } from "./definition.js";

/** Anchors and positives, with explicit negatives and a mask where there are any. */
export const pairForm: InputForm = {
  required: ["anchors", "positives"],
  optional: ["negatives", "mask"],
};

/** Two texts and whether they belong together. */
export const labelledPairForm: InputForm = {
  required: ["sentence1", "sentence2", "labels"],
  optional: [],
};

/** Two texts and how alike they are. */
export const scoredPairForm: InputForm = {
  required: ["sentence1", "sentence2", "scores"],
  optional: [],
};

/** Texts with class labels, or pair rows, each a fresh class of two texts. */
export const classedForms: readonly InputForm[] = [
  { required: ["embeddings", "labels"], optional: [] },
  { required: ["anchors", "positives"], optional: ["negatives"] },
];
