import type { DatasetOf } from "../../dataset/rows/row-types.js";
import { UserError } from "../../errors/user-error.js";
import { pearson, spearman } from "../../math/statistics.js";
import { pairedCosine } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import type { Evaluator } from "../metric.js";
import { resampledPearson, resampledSpearman } from "../resampling.js";

/** A pair of sentences and how similar people found them (any scale). */
export interface ScoredPair {
  readonly sentence1: string;
  readonly sentence2: string;
  readonly score: number;
}

/**
 * Semantic textual similarity: Spearman's and Pearson's correlation between the cosine of the two embeddings
 * and the given scores, as in the MTEB protocol and sentence-transformers' EmbeddingSimilarityEvaluator.
 * `sentence1` is embedded on the query side, `sentence2` on the document side.
 */
export function stsEvaluator(pairs: readonly ScoredPair[]): Evaluator {
  const scores = Float64Array.from(pairs, (pair) => pair.score);
  return evaluatorOf(sts, {
    rows: pairs.length,
    run: async (embed) => {
      const first = await embed(
        pairs.map((pair) => pair.sentence1),
        "query",
      );
      const second = await embed(
        pairs.map((pair) => pair.sentence2),
        "document",
      );
      const cosines = pairedCosine(first, second);
      return [
        {
          key: "spearman_cosine",
          value: spearman(cosines, scores),
          resampled: resampledSpearman(cosines, scores),
        },
        {
          key: "pearson_cosine",
          value: pearson(cosines, scores),
          resampled: resampledPearson(cosines, scores),
        },
      ];
    },
  });
}

/** Scored pairs. UserError `constant-scores` when all scores are the same. */
export const sts = defineEvaluator({
  name: "sts",
  summary: "whether texts that people find alike are alike to the model",
  rows: ["scored-pair"],
  columns: "`sentence1,sentence2,score`",
  metrics: {
    spearman_cosine: "Spearman's correlation of cosine and score",
    pearson_cosine: "Pearson's correlation of cosine and score",
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
