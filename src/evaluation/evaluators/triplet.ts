import { UserError } from "../../errors/user-error.js";
import type { Matrix } from "../../math/tensor.js";
import { rowCosine } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import { ratioMetric } from "../mean-metric.js";
import type { Evaluator } from "../metric.js";
import { unitsOf } from "../units.js";

/** An anchor, its positive and K ≥ 0 negatives: K triplets. */
interface TripletRow {
  readonly anchor: string;
  readonly positive: string;
  readonly negatives: readonly string[];
  readonly line?: number;
}

/**
 * cosine_accuracy: the share of triplets (a, p, n) with cos(a, p) > cos(a, n), as sentence-transformers'
 * TripletEvaluator; ties count against the model. A row with several negatives gives as many triplets, which a
 * resample draws together. Anchors are embedded on the query side, the others on the document side.
 * UserError `no-negatives` when no row has any.
 */
export function tripletEvaluator(rows: readonly TripletRow[]): Evaluator {
  const usable = rows.filter((row) => row.negatives.length > 0);
  if (usable.length === 0) throw noNegatives(rows.length);
  const wrong = usable.flatMap((row) => row.negatives);
  return evaluatorOf(triplet, {
    rows: usable.length,
    embeds: { own: 2 * usable.length + wrong.length, trained: 0 },
    run: async (embed) => {
      const texts = (role: "anchor" | "positive") => usable.map((row) => row[role]);
      const anchors = await embed(texts("anchor"), "query");
      const positives = await embed(texts("positive"), "document");
      const negatives = await embed(wrong, "document");
      const sizes = usable.map((row) => row.negatives.length);
      const { won, margins } = compareTriplets({ anchors, positives, negatives }, sizes);
      return {
        metrics: [ratioMetric("cosine_accuracy", won, sizes)],
        units: unitsOf(usable, (row) => [row.anchor, row.positive, ...row.negatives]),
        details: {
          lines: usable.map(({ line }) => line ?? 0),
          texts: texts("anchor"),
          others: texts("positive"),
          main: "margin",
          figures: { cosine_accuracy: won.map((count, i) => count / sizes[i]), margin: margins },
        },
      };
    },
  });
}

/** Pairs with explicit negatives. */
export const triplet = defineEvaluator({
  name: "triplet",
  summary: "whether the positive is nearer to its anchor than each negative",
  rows: ["pair"],
  columns: "`anchor,positive,negative…`",
  metrics: { cosine_accuracy: "share of negatives farther from the anchor than its positive" },
  options: {},
  sides: "asking",
  resampled: "rows, each with all its negatives",
  madeFor: (data) => data.kind === "pair" && data.rows.some((row) => row.negatives.length > 0),
  heldOut: [
    { kind: "pair", trainedAs: ["triplet"] },
    { kind: "nli", trainedAs: ["triplet"] },
  ],
  build: ({ rows }) => tripletEvaluator(rows),
});

/** Of each row the number of its negatives that are farther from the anchor than the positive, and how much nearer it is than the nearest. */
function compareTriplets(
  {
    anchors,
    positives,
    negatives,
  }: { readonly anchors: Matrix; readonly positives: Matrix; readonly negatives: Matrix },
  sizes: readonly number[],
) {
  let next = 0;
  const margins: number[] = [];
  const won = sizes.map((size, i) => {
    const cosine = rowCosine(anchors, i, positives, i);
    let count = 0;
    let margin = Number.POSITIVE_INFINITY;
    for (const end = next + size; next < end; next++) {
      const less = cosine - rowCosine(anchors, i, negatives, next);
      if (less > 0) count += 1;
      margin = Math.min(margin, less);
    }
    margins.push(margin);
    return count;
  });
  return { won, margins };
}

function noNegatives(rows: number): UserError {
  return new UserError("no-negatives", `none of the ${rows} rows has a negative to compare with`, {
    hint: "name the column of negatives: --columns negative=NAME",
  });
}
