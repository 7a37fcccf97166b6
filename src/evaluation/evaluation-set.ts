import {
  convertDataset,
  type LoadOptions,
  readRows,
  type SourceRows,
} from "../dataset/load-dataset.js";
import {
  loadRetrieval,
  type RetrievalDataset,
  type RetrievalPaths,
} from "../dataset/retrieval/load-retrieval.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { inFile } from "../errors/located.js";
import {
  type EvaluatorOptions,
  evaluatorFor,
  type RowTask,
  taskOf,
  taskRows,
} from "./evaluators/registry.js";
import { retrievalEvaluator } from "./evaluators/retrieval.js";
import type { Evaluator } from "./metric.js";

/** Rows to measure a model on, and the task they are measured by. */
export interface EvaluationSet {
  readonly dataset: Dataset;
  readonly task: RowTask;
}

/** Queries, corpus and judgments to measure a model on. */
export interface RetrievalSet {
  readonly dataset: RetrievalDataset;
  readonly task: "retrieval";
}

/** Data of any task. */
export type EvaluationData = Dataset | RetrievalDataset;

/** Reads the three files of a retrieval task. UserError: as loadRetrieval. */
export async function loadRetrievalSet(paths: RetrievalPaths): Promise<RetrievalSet> {
  return { dataset: await loadRetrieval(paths), task: "retrieval" };
}

/** The evaluator of a set of any task. UserError: as evaluatorFor. */
export function evaluatorOfSet(
  set: EvaluationSet | RetrievalSet,
  options: EvaluatorOptions = {},
): Evaluator {
  if (set.task !== "retrieval") return evaluatorFor(set.dataset, set.task, options);
  const { rows, corpus, qrels, account } = set.dataset;
  return inFile(account.file, () => retrievalEvaluator({ queries: rows, corpus, qrels }));
}

/**
 * Reads a measuring file as the rows of a task; without a task, of the one that its rows are plainly made for. NLI rows become
 * labelled pairs. UserError: as loadDataset, and no-evaluator for single texts.
 */
export async function loadEvaluationSet(
  file: string,
  options: Omit<LoadOptions, "as"> & { readonly task?: RowTask | undefined } = {},
): Promise<EvaluationSet> {
  const { task, ...load } = options;
  const natural = await readRows(file, task === undefined ? load : { ...load, as: taskRows[task] });
  return measuringSet(natural, task, load);
}

/** The rows of a task made of natural rows. */
export function measuringSet(
  natural: SourceRows,
  task: RowTask = taskOf(natural.dataset),
  options: Omit<LoadOptions, "as"> = {},
): EvaluationSet {
  const { dataset } = natural;
  if (dataset.kind !== "nli" || natural.to !== "nli")
    return { dataset: convertDataset(natural, options), task };
  const how = "entailment 1, contradiction 0, neutral dropped";
  return { dataset: convertDataset({ dataset, to: "labelled-pair", how }, options), task };
}
