import {
  convertDataset,
  type LoadOptions,
  loadNatural,
  type NaturalDataset,
} from "../dataset/load-dataset.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { type RowTask, taskOf, taskRows } from "./for-dataset.js";

/** Rows to measure a model on, and the task they are measured by. */
export interface MeasuringSet {
  readonly dataset: Dataset;
  readonly task: RowTask;
}

/**
 * Reads a measuring file as the rows of a task; without a task, of the one that its rows are plainly made for. NLI rows become
 * labelled pairs. UserError: as loadDataset, and no-evaluator for single texts.
 */
export async function loadMeasuringSet(
  file: string,
  options: Omit<LoadOptions, "as"> & { readonly task?: RowTask | undefined } = {},
): Promise<MeasuringSet> {
  const { task, ...load } = options;
  const natural = await loadNatural(
    file,
    task === undefined ? load : { ...load, as: taskRows[task] },
  );
  return measuringSet(natural, task, load);
}

/** The rows of a task made of natural rows. */
export function measuringSet(
  natural: NaturalDataset,
  task: RowTask = taskOf(natural.dataset),
  options: Omit<LoadOptions, "as"> = {},
): MeasuringSet {
  const { dataset } = natural;
  if (dataset.kind !== "nli" || natural.to !== "nli")
    return { dataset: convertDataset(natural, options), task };
  const how = "entailment 1, contradiction 0, neutral dropped";
  return { dataset: convertDataset({ dataset, to: "labelled-pair", how }, options), task };
}
