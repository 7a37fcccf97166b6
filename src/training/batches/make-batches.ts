import type { Dataset } from "../../dataset/rows/row-types.js";
import { UserError } from "../../errors/user-error.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import type { Augmentations } from "../options/augment.js";
import { type BatchMaker, type BatchMakerOptions, batchMaker } from "./batch-inputs.js";
import { viewBatches } from "./view-inputs.js";

/** Batches of the rows, or of views of their texts. */
export function makeBatches(
  train: Dataset,
  augmentations: Augmentations | undefined,
  options: BatchMakerOptions,
): { readonly batches: BatchMaker; readonly seen: Dataset } {
  const { text = [], views = 0 } = augmentations ?? {};
  if (train.kind !== "pair" || text.length === 0)
    return { batches: batchMaker(train, options), seen: train };
  const made = viewBatches(train.rows, { ...options, augmentations: text, views });
  return { batches: made, seen: { ...train, rows: made.rowsIn(0) } };
}

/** How often views come, where texts are augmented. */
export function augmentationNotes(
  augmentations: Augmentations | undefined,
  { texts }: BatchMaker,
): string[] {
  if (augmentations === undefined || augmentations.text.length === 0) return [];
  const { views } = augmentations;
  const how = "an epoch uses two of them, the next one the next two, and round again";
  return [`${views} views are made of each text (${texts.length} distinct ones): ${how}`];
}

/** The usage error for augmentations of rows that are no single texts, or for an objective that cannot use two views. */
export function augmentsNothing(
  { kind, account }: Dataset,
  { definition }: ConfiguredObjective,
): UserError {
  const takes = definition.rows.includes("pair");
  return new UserError(
    "augments-nothing",
    takes
      ? `--augment makes views of single texts, and the file holds rows of kind ${kind}`
      : `--augment makes two views of a text, which ${definition.name} cannot use`,
    {
      exitCode: 2,
      at: { file: account.file },
      hint: takes
        ? "name the column of texts, --columns text=…, or leave --augment out"
        : "use --objective infonce or nt-xent",
    },
  );
}
