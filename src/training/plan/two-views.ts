import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset, PairRow } from "../../dataset/rows/row-types.js";
import type { ConfiguredObjective } from "../../objectives/loss.js";
import { rowsTaken } from "../../objectives/resolve.js";
import type { TrainSettings } from "../options/settings.js";

/**
 * Row kinds that can be trained on: those of the objective and, with dropout or augmentations, single texts in the place of pairs; a file
 * of classed texts is then taken for single texts.
 */
export function trainableKinds(
  settings: TrainSettings,
  objective: ConfiguredObjective,
): readonly RowKind[] {
  const kinds = rowsTaken(objective);
  const mayBeTwice = kinds.includes("pair") && !kinds.includes("text");
  if (settings.augment !== undefined && mayBeTwice) return ["text", ...kinds];
  return settings.dropout !== 0 && mayBeTwice ? [...kinds, "text"] : kinds;
}

/** Whether single texts are to become pairs: each text with itself, under two dropout masks. */
export function hasTwoViews({ kind }: Dataset, objective: ConfiguredObjective): boolean {
  return kind === "text" && !rowsTaken(objective).includes("text");
}

/** Unsupervised SimCSE (Gao 2021, section 3): the positive of a text is the text itself. */
export function twoViews(dataset: Dataset): Dataset {
  if (dataset.kind !== "text") return dataset;
  const rows = dataset.rows.map(
    ({ text, line }): PairRow => ({ anchor: text, positive: text, negatives: [], line }),
  );
  return { ...dataset, kind: "pair", rows };
}
