import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { float32, type Tensor } from "../../math/tensor.js";
import type { OptionValues } from "../../objectives/option.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import { pairBatches } from "./pair-inputs.js";
import { classedBatches, int64Of, singleTextBatches, twoTextBatches } from "./text-inputs.js";

/** A batch before anything is embedded: texts by number, and what the objective is given beside them. */
export interface TextBatch {
  /** Rows of the training data. */
  readonly rows: Int32Array;
  /** Text numbers of each vector role, row by row; a row of negatives has K of them. */
  readonly texts: { readonly [R in ObjectiveInput]?: Int32Array };
  readonly constants: { readonly [R in ObjectiveInput]?: Tensor };
}

/** Turns row numbers of a data set into batches. */
export interface BatchMaker {
  /** The distinct texts; a text's number is its place here. */
  readonly texts: readonly string[];
  /** The texts without their prompts, for other models that have prompts of their own; absent: `texts`. */
  readonly bareTexts?: readonly string[];
  /** Numbers of the texts that ask and of those that answer, where rows have the two. */
  readonly sides?: { readonly queries: Int32Array; readonly documents: Int32Array };
  /** Roles that every batch has. */
  readonly roles: readonly ObjectiveInput[];
  /** K: explicit negatives of a row, fewer are filled up and masked; 0 without any. */
  readonly negatives: number;
  readonly make: (batch: PlannedBatch) => TextBatch;
  /**
   * [rows, texts], 1 where a text may not serve as a negative of a row because it belongs to the row's component. Only where
   * candidates of other batches can be negatives.
   */
  readonly falseNegatives?: ((rows: Int32Array, texts: Int32Array) => Uint8Array) | undefined;
}

export interface BatchMakerOptions {
  /** Roles that the objective can be given. */
  readonly accepted: readonly ObjectiveInput[];
  /** The objective's resolved options: how many negatives `neg` draws, and from what. */
  readonly objective: OptionValues;
  readonly seed: number;
  /** false: only missing negatives are masked (`--no-shuffle`). */
  readonly falseNegatives: boolean;
}

/** The batch maker for rows of any kind. */
export function batchMaker(dataset: Dataset, options: BatchMakerOptions): BatchMaker {
  switch (dataset.kind) {
    case "pair":
      return pairBatches(dataset.rows, options);
    case "labelled-pair":
      return twoTextBatches(dataset.rows.map(sentences), {
        labels: (rows) => int64Of(rows, (row) => dataset.rows[row].label),
      });
    case "scored-pair":
      return twoTextBatches(dataset.rows.map(sentences), {
        scores: (rows) =>
          float32(
            [rows.length],
            Array.from(rows, (row) => dataset.rows[row].score),
          ),
      });
    case "nli":
      return twoTextBatches(
        dataset.rows.map(({ premise, hypothesis }) => [premise, hypothesis] as const),
        { labels: (rows) => int64Of(rows, (row) => nliClass[dataset.rows[row].label]) },
      );
    case "classed":
      return classedBatches(dataset.rows);
    case "text":
      return singleTextBatches(dataset.rows.map(({ text }) => text));
  }
}

/** Class numbers of the softmax objective. */
const nliClass = { entailment: 0, neutral: 1, contradiction: 2 } as const;

const sentences = (row: { readonly sentence1: string; readonly sentence2: string }) =>
  [row.sentence1, row.sentence2] as const;
