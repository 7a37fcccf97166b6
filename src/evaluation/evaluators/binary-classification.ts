import { UserError } from "../../errors/user-error.js";
import { rankAgreement } from "../correlation-metrics.js";
import { pairedCosine } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import type { Evaluator, Metric } from "../metric.js";
import { rememberLast } from "../resampling.js";
import {
  accuracyOf,
  averagePrecision,
  type CutScores,
  cutScores,
  f1Of,
  labelledScores,
  mccOf,
  precisionOf,
  recallOf,
  thresholdOf,
} from "../score-cuts.js";
import { cutSwap } from "../swap.js";
import { unitsOf } from "../units.js";

/**
 * How well the cosine of two embeddings tells pairs of label 1 from pairs of label 0, as sentence-transformers'
 * BinaryClassificationEvaluator: average precision, and accuracy and F1 (with its precision, recall and Matthews's
 * correlation) at the threshold that is best on these very pairs. On a resample the threshold is chosen anew; the
 * thresholds themselves are not resampled. `sentence1` is embedded on the query side, `sentence2` on the document side.
 * UserError `one-label` when the labels are all the same.
 */
export function labelledPairEvaluator(
  pairs: readonly {
    readonly sentence1: string;
    readonly sentence2: string;
    readonly label: 0 | 1;
    readonly line?: number;
  }[],
): Evaluator {
  const labels = Uint8Array.from(pairs, (pair) => pair.label);
  requireBothLabels(labels);
  return evaluatorOf(pair, {
    rows: pairs.length,
    run: async (embed) => {
      const texts1 = pairs.map((pair) => pair.sentence1);
      const texts2 = pairs.map((pair) => pair.sentence2);
      const first = await embed(texts1, "query");
      const second = await embed(texts2, "document");
      const cosines = pairedCosine(first, second);
      return {
        metrics: pairMetrics(cosines, labels),
        units: unitsOf(pairs, ({ sentence1, sentence2 }) => [sentence1, sentence2]),
        details: {
          lines: pairs.map(({ line }) => line ?? 0),
          texts: texts1,
          others: texts2,
          positive: labels,
          main: "agreement",
          figures: { label: labels, cosine: cosines, agreement: rankAgreement(cosines, labels) },
        },
      };
    },
  });
}

/** Labelled pairs. */
export const pair = defineEvaluator({
  name: "pair",
  summary: "whether the cosine tells pairs that belong together from pairs that do not",
  rows: ["labelled-pair"],
  columns: "`sentence1,sentence2,label` (0/1; NLI rows: entailment 1, contradiction 0)",
  metrics: {
    cosine_ap: "average precision",
    cosine_accuracy: "accuracy at the threshold that is best on these pairs",
    cosine_accuracy_threshold: "that threshold",
    cosine_f1: "F1 at its best threshold",
    cosine_f1_threshold: "that threshold",
    cosine_precision: "precision there",
    cosine_recall: "recall there",
    cosine_mcc: "Matthews's correlation there",
  },
  options: {},
  sides: "alike",
  resampled: "rows",
  madeFor: ({ kind }) => kind === "labelled-pair" || kind === "nli",
  heldOut: [{ kind: "labelled-pair" }, { kind: "nli" }],
  build: ({ rows }) => labelledPairEvaluator(rows),
});

/** The metrics of scores [n] and labels [n], each 0 or 1. */
export function pairMetrics(scores: ArrayLike<number>, labels: ArrayLike<number>): Metric[] {
  const rows = labelledScores(scores, labels);
  const at = rememberLast((counts) => cutScores(rows, counts));
  const all = at(new Uint32Array(scores.length).fill(1));
  const metric = (key: string, value: (found: CutScores) => number): Metric => ({
    key,
    value: value(all),
    resampled: (counts) => value(at(counts)),
  });
  return [
    {
      ...metric("cosine_ap", (found) => found.averagePrecision),
      swap: cutSwap(scores, labels, averagePrecision),
    },
    metric("cosine_accuracy", (found) => accuracyOf(found.mostAccurate, found)),
    { key: "cosine_accuracy_threshold", value: thresholdOf(rows, all.mostAccurate) },
    metric("cosine_f1", (found) => f1Of(found.bestF1, found.positives)),
    { key: "cosine_f1_threshold", value: thresholdOf(rows, all.bestF1) },
    metric("cosine_precision", (found) => precisionOf(found.bestF1)),
    metric("cosine_recall", (found) => recallOf(found.bestF1, found.positives)),
    metric("cosine_mcc", (found) => mccOf(found.bestF1, found)),
  ];
}

function requireBothLabels(labels: Uint8Array): void {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  if (ones > 0 && ones < labels.length) return;
  throw new UserError(
    "one-label",
    `labelled pairs must have both labels to be told apart, got ${ones} of label 1 and ${labels.length - ones} of label 0`,
    { hint: "evaluate on a file with pairs of both labels" },
  );
}
