import { indexPairs } from "../../dataset/batches/pair-index.js";
import type { RowKind } from "../../dataset/rows/row-kinds.js";
import type { Dataset, DatasetOf, PairRow } from "../../dataset/rows/row-types.js";
import { inFile } from "../../errors/located.js";
import { UserError } from "../../errors/user-error.js";
import type { Runtime } from "../../runtime/types.js";
import { stratifiedSplit } from "../class-split.js";
import type { Evaluator, Task } from "../metric.js";
import { labelledPairEvaluator } from "./binary-classification.js";
import { classEvaluator } from "./classification.js";
import { pairRetrievalEvaluator } from "./pair-retrieval.js";
import { stsEvaluator } from "./similarity.js";
import { tripletEvaluator } from "./triplet.js";

/** Tasks that can be measured on one file of rows (for classes: on one or two). */
export type RowTask = Exclude<Task, "retrieval">;

/** The row kinds that a task is measured on, the natural one first. */
export const taskRows: Readonly<Record<RowTask, readonly RowKind[]>> = {
  sts: ["scored-pair"],
  pair: ["labelled-pair"],
  triplet: ["triplet"],
  "pair-retrieval": ["pair"],
  class: ["classed"],
};

/** The task that rows are plainly made for. Single texts have none: a UserError. */
export function taskOf(dataset: Dataset): RowTask {
  switch (dataset.kind) {
    case "scored-pair":
      return "sts";
    case "labelled-pair":
    case "nli":
      return "pair";
    case "classed":
      return "class";
    case "pair":
      return dataset.rows.some((row) => row.negatives.length > 0) ? "triplet" : "pair-retrieval";
    case "text":
      throw new UserError("no-evaluator", "single texts cannot be measured: they have no answer", {
        at: { file: dataset.account.file },
        hint: "expected scored or labelled pairs, (anchor, positive) pairs, triplets or classes; choose the columns with --columns",
      });
  }
}

export interface EvaluatorOptions {
  /** Fits the logistic regression of classes; without it nearest neighbours decide. */
  readonly runtime?: Pick<Runtime, "createSession"> | undefined;
  /** Classed texts to learn classes from; without them a fifth of the file is tested on the rest. */
  readonly train?: DatasetOf<"classed"> | undefined;
  /** Of that split. Default 42. */
  readonly seed?: number | undefined;
}

/**
 * The evaluator of a task on rows of its kind (`taskRows`). UserError, all with the file: constant-scores, one-label,
 * no-negatives, one-class, cannot-split.
 */
export function evaluatorFor(
  dataset: Dataset,
  task: RowTask = taskOf(dataset),
  options: EvaluatorOptions = {},
): Evaluator {
  return inFile(dataset.account.file, () => {
    switch (dataset.kind) {
      case "scored-pair":
        requireDifferentScores(dataset);
        return stsEvaluator(dataset.rows);
      case "labelled-pair":
        return labelledPairEvaluator(dataset.rows);
      case "classed":
        return classesOf(dataset, options);
      case "pair":
        return task === "triplet" ? tripletEvaluator(dataset.rows) : retrievalOf(dataset.rows);
      default:
        throw wrongRows(dataset, task);
    }
  });
}

/** Retrieval among pair rows; rows connected by shared texts or an equal group count as right for each other. */
export function retrievalOf(rows: readonly PairRow[]): Evaluator {
  const { components } = indexPairs(rows);
  return pairRetrievalEvaluator(
    rows.map(({ anchor, positive }, i) => ({ anchor, positive, component: components[i] })),
  );
}

function classesOf(dataset: DatasetOf<"classed">, options: EvaluatorOptions): Evaluator {
  const { runtime, train, seed } = options;
  const own = runtime === undefined ? {} : { runtime };
  if (train !== undefined) return classEvaluator({ train: train.rows, test: dataset.rows }, own);
  const split = stratifiedSplit(dataset.rows, seed === undefined ? {} : { seed });
  return classEvaluator(split, own);
}

function requireDifferentScores({ rows, account }: DatasetOf<"scored-pair">): void {
  if (rows.some(({ score }) => score !== rows[0]?.score)) return;
  throw new UserError(
    "constant-scores",
    `all ${rows.length} scores are the same, so nothing can correlate with them`,
    { at: { file: account.file }, hint: "choose another score column with --columns" },
  );
}

function wrongRows(dataset: Dataset, task: RowTask): UserError {
  return new UserError(
    "no-evaluator",
    `rows of kind ${dataset.kind} cannot be measured as ${task}, expected ${taskRows[task].join(" or ")}`,
    { hint: "choose another --task, or the columns with --columns" },
  );
}
