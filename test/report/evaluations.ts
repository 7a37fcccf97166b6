import type { Evaluation } from "../../src/evaluation/metric.js";
import { resampledMean } from "../../src/evaluation/resampling.js";
import { scoreReport } from "../../src/evaluation/score-report.js";

/** Shares of right answers by the keys of metrics. */
export type Shares = Readonly<Record<string, number>>;

/** An evaluation of 40 rows whose metrics are shares of right answers: the first of the rows are right. */
export function evaluationOf(shares: Shares, rows = 40): Evaluation {
  return {
    task: "pair",
    rows,
    metrics: Object.entries(shares).map(([key, value]) => ({
      key,
      value,
      resampled: resampledMean(Array.from({ length: rows }, (_, i) => Number(i < value * rows))),
    })),
  };
}

/** What a run measured on the rows that selected it: an accuracy of 0.5 before and 0.75 after. */
export const accuracyScores = scoreReport({
  file: "dev.csv",
  primary: "accuracy",
  model: { name: "tuned", evaluation: evaluationOf({ accuracy: 0.75 }) },
  base: { name: "mini", evaluation: evaluationOf({ accuracy: 0.5 }) },
  selected: true,
});
