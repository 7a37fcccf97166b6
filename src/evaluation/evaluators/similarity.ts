import type { DatasetOf } from "../../dataset/rows/row-types.js";
import { UserError } from "../../errors/user-error.js";
import { correlationMetrics, rankAgreement, subsetMetrics } from "../correlation-metrics.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import type { Evaluator, Metric } from "../metric.js";
import { pairedSimilarities, type SimilarityName, similarityNames } from "../similarities.js";
import { unitsOf } from "../units.js";

/** A pair of sentences and how similar people found them (any scale). */
interface ScoredPair {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly score: number;
  /** Name of the part of a collection that it is from. */
  readonly subset?: string | undefined;
  readonly line?: number;
}

/**
 * Semantic textual similarity: Spearman's and Pearson's correlation between the similarity of the two embeddings and the given scores, as
 * in the MTEB protocol and sentence-transformers' EmbeddingSimilarityEvaluator, by cosine and by the other `similarities`. Where rows have
 * subsets, the correlation of all rows together decides, and those of each subset and their two means stand beside it.
 * `sentence1` is embedded on the query side, `sentence2` on the document side.
 */
export function stsEvaluator(
  pairs: readonly ScoredPair[],
  similarities: readonly SimilarityName[] = similarityNames,
): Evaluator {
  const gold = Float64Array.from(pairs, (pair) => pair.score);
  const subsets = rowsBySubset(pairs);
  return evaluatorOf(sts, {
    rows: pairs.length,
    keys: keysOf(similarities, subsets),
    run: async (embed) => {
      const texts1 = pairs.map((pair) => pair.sentence1);
      const texts2 = pairs.map((pair) => pair.sentence2);
      const scores = pairedSimilarities(
        await embed(texts1, "query"),
        await embed(texts2, "document"),
      );
      const metrics: Metric[] = similarities.flatMap((name) =>
        correlationMetrics(name, scores[name], gold),
      );
      return {
        metrics: [...metrics, ...subsetMetrics(subsets, scores.cosine, gold)],
        units: unitsOf(pairs, ({ sentence1, sentence2 }) => [sentence1, sentence2]),
        details: {
          lines: pairs.map(({ line }) => line ?? 0),
          texts: texts1,
          others: texts2,
          // Scores are scaled to 0 … 1; 4 of 5 as in Gao et al. 2021, section 4.
          positive: gold.map((score) => (score > 0.8 ? 1 : 0)),
          main: "agreement",
          figures: {
            score: gold,
            cosine: scores.cosine,
            agreement: rankAgreement(scores.cosine, gold),
          },
        },
      };
    },
  });
}

function keysOf(similarities: readonly SimilarityName[], subsets: ReadonlyMap<string, unknown>) {
  const keys = similarities.flatMap((name) => [`spearman_${name}`, `pearson_${name}`]);
  if (subsets.size === 0) return keys;
  const own = [...subsets.keys()].map((name) => `${name}_spearman_cosine`);
  return [...keys, "spearman_cosine_mean", "spearman_cosine_wmean", ...own];
}

/** Row numbers of each subset, in order of first appearance; none where rows have no subsets. */
function rowsBySubset(pairs: readonly ScoredPair[]): ReadonlyMap<string, readonly number[]> {
  const subsets = new Map<string, number[]>();
  pairs.forEach(({ subset }, i) => {
    if (subset === undefined) return;
    const rows = subsets.get(subset);
    if (rows === undefined) subsets.set(subset, [i]);
    else rows.push(i);
  });
  return subsets;
}

/** Scored pairs. UserError `constant-scores` when all scores are the same. */
export const sts = defineEvaluator({
  name: "sts",
  summary: "whether texts that people find alike are alike to the model",
  rows: ["scored-pair"],
  columns: "`sentence1,sentence2,score`, and `subset` where there are some",
  metrics: {
    spearman_cosine: "Spearman's correlation of cosine and score",
    pearson_cosine: "Pearson's",
    spearman_dot: "the same of the dot product",
    pearson_dot: "and Pearson's",
    spearman_euclidean: "of the negative euclidean distance",
    pearson_euclidean: "and Pearson's",
    spearman_manhattan: "of the negative manhattan distance",
    pearson_manhattan: "and Pearson's",
    spearman_cosine_mean: "with subsets or several files: mean of their correlations",
    spearman_cosine_wmean: "the mean weighted by their rows",
  },
  options: {},
  sides: "alike",
  resampled: "rows",
  madeFor: ({ kind }) => kind === "scored-pair",
  heldOut: [{ kind: "scored-pair" }, { kind: "nli", trainedAs: ["scored-pair"] }],
  build: (dataset) => {
    requireDifferentScores(dataset);
    return stsEvaluator(dataset.rows);
  },
});

function requireDifferentScores({ rows }: DatasetOf<"scored-pair">): void {
  if (rows.some(({ score }) => score !== rows[0].score)) return;
  throw new UserError(
    "constant-scores",
    `all ${rows.length} scores are the same, so nothing can correlate with them`,
    { hint: "choose another score column with --columns" },
  );
}
