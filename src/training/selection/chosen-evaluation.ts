import type { KnownRows } from "../../dataset/known-rows.js";
import type { SourceRows } from "../../dataset/load-dataset.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import type { EvaluationData } from "../../evaluation/definition.js";
import type { Evaluator } from "../../evaluation/metric.js";

/** A file's rows as read, and whether each is a text beside itself. */
export interface ReadRows {
  readonly natural: SourceRows;
  readonly views: boolean;
}

/** What selects the checkpoint, and the rows that are left to train on. */
export interface ChosenEvaluation {
  /** Natural rows of each file. */
  readonly trains: readonly Dataset[];
  readonly evalData?: EvaluationData;
  /** Measures nothing where folds select. */
  readonly evaluator: Evaluator;
  /** Some of the rows each, and the others to train on. */
  readonly folds?: readonly ChosenEvaluation[];
  /** Rows of `evalData` that are trained on. */
  readonly known?: KnownRows | undefined;
  /** `data/dev.csv`, what was held out or folded, or `nothing`. */
  readonly selectsOn: string;
  readonly notes: readonly string[];
}

/** The evaluator, or where there are folds that of all of them: they differ in their rows. */
export function decidingEvaluator({
  folds = [],
  evaluator,
}: Pick<ChosenEvaluation, "evaluator"> & {
  readonly folds?: readonly Pick<ChosenEvaluation, "evaluator">[];
}): Evaluator {
  const [first] = folds;
  if (first === undefined) return evaluator;
  const rows = folds.reduce((sum, fold) => sum + fold.evaluator.rows, 0);
  return { ...first.evaluator, rows };
}
