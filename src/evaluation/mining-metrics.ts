import type { Metric } from "./metric.js";
import { rememberLast } from "./resampling.js";
import {
  type CutScores,
  cutScores,
  f1Of,
  labelledScores,
  precisionOf,
  recallOf,
  thresholdOf,
  walkCuts,
} from "./score-cuts.js";
import { cutSwap } from "./swap.js";

/** Candidate pairs by their score, and which of them are right. */
interface Candidates {
  readonly scores: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  /** Right pairs that there are to find, found or not. */
  readonly total: number;
}

/**
 * F1 at the threshold that is best on these very candidates, with its precision, recall and threshold, and average precision over all
 * right pairs, as sentence-transformers' ParaphraseMiningEvaluator. `resampled` where a resample draws candidates, each with one right pair
 * to find.
 */
export function miningMetrics(
  { scores, right, total }: Candidates,
  { resampled }: { readonly resampled: boolean },
): Metric[] {
  const rows = labelledScores(scores, right);
  const at = rememberLast((counts) => cutScores(rows, counts, sumOf(counts)));
  const f1 = (found: CutScores): number => f1Of(found.bestF1, found.positives);
  const swapped = (tally: Uint32Array, positives: number) => f1(walkCuts(tally, positives));
  const all = cutScores(rows, new Uint32Array(scores.length).fill(1), total);
  const metric = (key: string, value: (found: CutScores) => number): Metric => ({
    key,
    value: value(all),
    ...(resampled && { resampled: (counts: Uint32Array) => value(at(counts)) }),
  });
  return [
    { ...metric("f1", f1), ...(resampled && { swap: cutSwap(scores, right, swapped, total) }) },
    metric("precision", (found) => precisionOf(found.bestF1)),
    metric("recall", (found) => recallOf(found.bestF1, found.positives)),
    { key: "threshold", value: thresholdOf(rows, all.bestF1) },
    metric("average_precision", (found) => found.averagePrecision),
  ];
}

function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < counts.length; i++) sum += counts[i];
  return sum;
}
