import { componentSizes } from "../../dataset/batches/components.js";
import { indexPairs } from "../../dataset/batches/pair-index.js";
import type { PairRow } from "../../dataset/rows/row-types.js";
import type { Matrix } from "../../math/tensor.js";
import { createTopK, visitScores } from "../../search/scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import type { Evaluator } from "../metric.js";
import { miningMetrics } from "../mining-metrics.js";

/** Candidates of each text, and pairs in all: those of sentence-transformers. */
const NEIGHBORS = 100;
const MOST_PAIRS = 500_000;

/**
 * All texts of the pairs are searched for paraphrases of each other: the 100 nearest of each by cosine are the candidates, at most the best
 * 500,000 pairs. Texts connected by pairs (or an equal group) are paraphrases, also where no row says so of the two: sentence-transformers'
 * ParaphraseMiningEvaluator with `add_transitive_closure`. A resample of texts would have pairs of a text with itself, so there are no intervals.
 * Texts get the default prompt.
 */
export function paraphraseMiningEvaluator(rows: readonly PairRow[]): Evaluator {
  const { texts, textComponents } = indexPairs(rows.map((row) => ({ ...row, negatives: [] })));
  const total = componentSizes(textComponents).reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
  return evaluatorOf(paraphraseMining, {
    rows: texts.length,
    embeds: { own: texts.length, trained: 0 },
    run: async (embed) => {
      const x = normalizedRows(await embed(texts, "query"));
      const pairs = await nearestPairs(x);
      const right = pairs.map(({ i, j }) => (textComponents[i] === textComponents[j] ? 1 : 0));
      const scores = pairs.map(({ score }) => score);
      return { metrics: miningMetrics({ scores, right, total }, { resampled: false }) };
    },
  });
}

interface ScoredIndexes {
  readonly i: number;
  readonly j: number;
  readonly score: number;
}

/** Pairs i < j of which one is among the nearest of the other, the best first. */
async function nearestPairs(x: Matrix): Promise<ScoredIndexes[]> {
  const best = createTopK(x.rows, NEIGHBORS);
  await visitScores(x, x, (i, first, scores) => {
    for (let j = 0; j < scores.length; j++)
      if (first + j !== i) best.offer(i, first + j, scores[j]);
  });
  const pairs = new Map<number, ScoredIndexes>();
  for (let i = 0; i < x.rows; i++) {
    const scores = best.scores(i);
    best.candidates(i).forEach((j, k) => {
      const [low, high] = i < j ? [i, j] : [j, i];
      pairs.set(low * x.rows + high, { i: low, j: high, score: scores[k] });
    });
  }
  return [...pairs.values()].sort((a, b) => b.score - a.score).slice(0, MOST_PAIRS);
}

/** Pairs of paraphrases. */
export const paraphraseMining = defineEvaluator({
  name: "paraphrase-mining",
  summary: "whether paraphrases are the nearest pairs among all texts of the file",
  rows: ["pair"],
  columns: "`anchor,positive`; connected texts are paraphrases of each other",
  metrics: {
    f1: "F1 at the best threshold",
    precision: "precision there",
    recall: "recall there",
    threshold: "that threshold",
    average_precision: "average precision over all paraphrases",
  },
  options: {},
  sides: "alike",
  resampled: "nothing: pairs of texts are not independent",
  madeFor: () => false,
  heldOut: [],
  build: ({ rows }) => paraphraseMiningEvaluator(rows),
});
