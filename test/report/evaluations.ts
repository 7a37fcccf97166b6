import type { Evaluation } from "../../src/evaluation/metric.js";
import { resampledMean } from "../../src/evaluation/resampling.js";

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
