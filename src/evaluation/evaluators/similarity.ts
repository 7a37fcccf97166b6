import { pearson, spearman } from "../../math/statistics.js";
import { pairedCosine } from "../cosine.js";
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
  return {
    task: "sts",
    primary: "spearman_cosine",
    keys: ["spearman_cosine", "pearson_cosine"],
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
      return {
        task: "sts",
        rows: pairs.length,
        metrics: [
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
        ],
      };
    },
  };
}
