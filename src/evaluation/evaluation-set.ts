import {
  convertDataset,
  type LoadOptions,
  readRows,
  type SourceRows,
} from "../dataset/load-dataset.js";
import { loadRetrieval, type RetrievalPaths } from "../dataset/retrieval/load-retrieval.js";
import { requireDifferentRows } from "../dataset/rows/equal-rows.js";
import { conversionTo } from "../dataset/rows/row-kinds.js";
import type { Dataset, DatasetKind } from "../dataset/rows/row-types.js";
import type { EvaluationData, EvaluatorDefinition } from "./definition.js";
import { evaluatorNamed, taskOf } from "./evaluators/registry.js";
import type { Task } from "./metric.js";

/** Data to measure a model on, and the task they are measured by. */
export interface EvaluationSet<D extends EvaluationData = EvaluationData> {
  readonly dataset: D;
  readonly task: Task;
}

/** Reads the three files of a retrieval task. UserError: as loadRetrieval. */
export async function loadRetrievalSet(paths: RetrievalPaths): Promise<EvaluationSet> {
  return { dataset: await loadRetrieval(paths), task: "retrieval" };
}

/** The row kinds that a file is to be read as for an evaluator. */
export function rowKindsOf({ rows }: EvaluatorDefinition): readonly DatasetKind[] {
  return rows.filter((kind) => kind !== "retrieval");
}

/**
 * Reads a measuring file as the rows of a task; without a task, of the one that its rows are plainly made for. NLI rows become
 * labelled pairs. UserError: as loadDataset, and no-evaluator for single texts.
 */
export async function loadEvaluationSet(
  file: string,
  options: Omit<LoadOptions, "as"> & { readonly task?: Task | undefined } = {},
): Promise<EvaluationSet<Dataset>> {
  const { task, ...load } = options;
  const as = task === undefined ? undefined : rowKindsOf(evaluatorNamed(task));
  return evaluationSet(await readRows(file, { ...load, as }), task, load);
}

/** The rows of a task made of rows as read. */
function evaluationSet(
  source: SourceRows,
  task: Task = taskOf(source.dataset),
  options: Omit<LoadOptions, "as"> = {},
): EvaluationSet<Dataset> {
  const { dataset } = source;
  requireDifferentRows(dataset);
  const kinds = rowKindsOf(evaluatorNamed(task));
  const made = kinds.some((kind) => kind === source.to)
    ? undefined
    : conversionTo(kinds, dataset.kind);
  return {
    dataset: convertDataset(made === undefined ? source : { dataset, ...made }, options),
    task,
  };
}
