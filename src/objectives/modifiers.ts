import type { OptionTable } from "../options/option.js";

export type ModifierName = "matryoshka" | "guide" | "queue" | "in-batch-off";

/** A change that fits many objectives: its options are added to theirs. */
interface ModifierDefinition {
  readonly name: ModifierName;
  readonly title: string;
  readonly summary: string;
  readonly options: OptionTable;
  readonly source: string;
}

/** The modifiers by name. */
export const modifiers: Readonly<Record<ModifierName, ModifierDefinition>> = {
  matryoshka: {
    name: "matryoshka",
    title: "Matryoshka",
    summary:
      "weighted sum of the objective over prefixes of the embedding, so that it can be cut short later; each prefix is normalised again where the objective normalises",
    options: {
      dims: {
        type: "numbers",
        flag: "matryoshka",
        default: [],
        element: { type: "integer", min: 1 },
        description: "dimensions of the prefixes that are trained, for example 256,128,64",
      },
      weights: {
        type: "numbers",
        flag: "matryoshka-weights",
        default: [],
        element: { type: "number", min: 0 },
        description: "weights of the prefixes, as many as dimensions (default: 1 each)",
      },
    },
    source: "Kusupati et al. 2022, Matryoshka Representation Learning, equation 1",
  },
  guide: {
    name: "guide",
    title: "Guide",
    summary:
      "removes a candidate whose similarity to the anchor, by another model, exceeds the positive's minus a margin",
    options: {
      guideMargin: {
        type: "number",
        default: 0,
        min: 0,
        share: true,
        description:
          "how far below the positive's similarity s a candidate is already taken for a false negative: a difference of cosines, or a share of |s| (5%)",
      },
    },
    source:
      "Solatorio 2024, GISTEmbed: Guided In-sample Selection of Training Negatives for Text Embedding Fine-tuning",
  },
  queue: {
    name: "queue",
    title: "Queue",
    summary: "the last Q candidates of earlier batches, without gradient, as further negatives",
    options: {
      queue: {
        type: "integer",
        default: 0,
        min: 0,
        max: 1_048_576,
        description:
          "how many candidates of earlier batches serve as further negatives, with the vectors they had then",
      },
    },
    source:
      "Wang et al. 2020, Cross-Batch Memory for Embedding Learning; He et al. 2020, Momentum Contrast",
  },
  "in-batch-off": {
    name: "in-batch-off",
    title: "In-batch off",
    summary: "the candidates of an anchor are its positive and its own explicit negatives only",
    options: {
      inBatch: {
        type: "boolean",
        default: true,
        description: "use the candidates of the other rows of the batch as negatives",
      },
    },
    source: "the explicit-negatives form of the objective",
  },
};
