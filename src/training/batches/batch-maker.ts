import type { PairIndex } from "../../dataset/batches/pair-index.js";
import type { PlannedBatch } from "../../dataset/batches/sampler.js";
import type { Tensor } from "../../math/tensor.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { OptionValues } from "../../options/option.js";

/** A batch before anything is embedded: texts by number, and what the objective is given beside them. */
export interface TextBatch {
  /** Number of the group that it is of. */
  readonly group: number;
  /** Text numbers of each vector role, row by row; a row of negatives has K of them. */
  readonly texts: { readonly [R in ObjectiveInput]?: Int32Array };
  readonly constants: { readonly [R in ObjectiveInput]?: Tensor };
  /** Component of each row [B], where rows are pairs: see `PairIndex`. */
  readonly components?: Int32Array | undefined;
}

/** Turns rows of one kind into batches, by numbers of its own; `RunTexts` has those of the run. */
export interface BatchMaker {
  /** Of each distinct text its V views, one after the other: view v of text t stands at t·V + v. A text that is not augmented is its own view. */
  readonly texts: readonly string[];
  /** V. */
  readonly views: number;
  /** Pair rows as numbers of texts. */
  readonly pairs?: PairIndex | undefined;
  /** Component of each text, where texts of a row's component may not be its negatives; −1: none. */
  readonly components?: Int32Array | undefined;
  /** Roles that every batch has. */
  readonly roles: readonly ObjectiveInput[];
  /** K: explicit negatives of a row, fewer are filled up and masked; 0 without any. */
  readonly negatives: number;
  readonly make: (batch: PlannedBatch) => Omit<TextBatch, "group">;
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
