import { indexPairs } from "../dataset/batches/pair-index.js";
import type { Dataset, PairRow } from "../dataset/rows/row-types.js";
import { UserError } from "../errors/user-error.js";
import type { Evaluator } from "./metric.js";
import { pairRetrievalEvaluator } from "./pair-retrieval.js";
import { stsEvaluator } from "./sts.js";

/**
 * The evaluator that fits a measuring file: scored pairs → correlation with the scores, (anchor, positive) pairs → retrieval of the
 * positive. Other rows, and scores that are all the same, are a UserError.
 */
export function evaluatorFor(dataset: Dataset): Evaluator {
  switch (dataset.kind) {
    case "scored-pair": {
      const [first] = dataset.rows;
      if (dataset.rows.every(({ score }) => score === first?.score)) throw sameScores(dataset);
      return stsEvaluator(dataset.rows);
    }
    case "pair":
      return retrievalOf(dataset.rows);
    default:
      throw new UserError(
        "no-evaluator",
        `rows of kind ${dataset.kind} cannot be measured, expected scored pairs or (anchor, positive) pairs`,
        { at: { file: dataset.account.file }, hint: "choose the columns with --columns" },
      );
  }
}

/** Retrieval among pair rows; rows connected by shared texts or an equal group count as right for each other. */
export function retrievalOf(rows: readonly PairRow[]): Evaluator {
  const { components } = indexPairs(rows);
  return pairRetrievalEvaluator(
    rows.map(({ anchor, positive }, i) => ({ anchor, positive, component: components[i]! })),
  );
}

function sameScores(dataset: Dataset): UserError {
  return new UserError(
    "constant-scores",
    `all ${dataset.rows.length} scores are the same, so nothing can correlate with them`,
    { at: { file: dataset.account.file }, hint: "choose another score column with --columns" },
  );
}
