import { UserError } from "../../errors/user-error.js";
import { createRandom } from "../../math/random.js";
import type { ClassedText } from "../class-split.js";
import { adjustedRand, contingency, vMeasure } from "../cluster-scores.js";
import { normalizedRows } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { kMeans } from "../k-means.js";
import type { Evaluator } from "../metric.js";
import { unitsOf } from "../units.js";

/**
 * How far k-means (k = the number of classes, vectors divided by their norms) finds the classes again: V-measure and adjusted Rand index.
 * On a resample the clusters stay; the adjusted Rand index counts pairs of rows, which a row drawn twice would make with itself, so it has no
 * interval. All texts are embedded on the query side. UserError: one-class.
 */
export function clusterEvaluator(rows: readonly ClassedText[], seed = 42): Evaluator {
  const names = [...new Set(rows.map(({ label }) => label))].sort();
  if (names.length < 2) throw oneClass(rows.length);
  const numbers = new Map(names.map((name, i) => [name, i]));
  const classOf = Int32Array.from(rows, ({ label }) => numbers.get(label)!);
  return evaluatorOf(cluster, {
    rows: rows.length,
    embeds: { own: rows.length, trained: 0 },
    run: async (embed) => {
      const texts = rows.map(({ text }) => text);
      const x = normalizedRows(await embed(texts, "query"));
      const random = createRandom(seed, "k-means");
      const { of } = kMeans(x, { clusters: names.length, random });
      const measure = (counts: ArrayLike<number>) => vMeasure(contingency(classOf, of, counts));
      const once = new Uint8Array(rows.length).fill(1);
      return {
        metrics: [
          { key: "v_measure", value: measure(once), resampled: measure },
          { key: "adjusted_rand", value: adjustedRand(contingency(classOf, of, once)) },
        ],
        units: unitsOf(rows, ({ text }) => [text]),
        details: {
          lines: rows.map(({ line }) => line ?? 0),
          texts,
          labels: rows.map(({ label }) => label),
          figures: { cluster: of },
        },
      };
    },
  });
}

/** Classed texts. */
export const cluster = defineEvaluator({
  name: "cluster",
  summary: "whether k-means on the vectors finds the classes again",
  rows: ["classed"],
  columns: "`text,label`",
  metrics: {
    v_measure: "harmonic mean of homogeneity and completeness",
    adjusted_rand: "agreement on pairs of texts, 0 by chance",
  },
  options: {},
  sides: "alike",
  resampled: "rows, in the clusters of all",
  madeFor: () => false,
  heldOut: [],
  build: ({ rows }, _, { seed }) => clusterEvaluator(rows, seed),
});

function oneClass(rows: number): UserError {
  return new UserError(
    "one-class",
    `all ${rows} texts are of one class, so there is no other cluster to find`,
    { hint: "choose the column of classes: --columns label=NAME" },
  );
}
