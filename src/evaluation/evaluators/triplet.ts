import { UserError } from "../../errors/user-error.js";
import type { Matrix } from "../../math/tensor.js";
import { rowCosine } from "../cosine.js";
import { defineEvaluator, evaluatorOf } from "../definition.js";
import type { Evaluator } from "../metric.js";
import { resampledRatio } from "../resampling.js";

/** An anchor, its positive and K ≥ 0 negatives: K triplets. */
export interface TripletRow {
  readonly anchor: string;
  readonly positive: string;
  readonly negatives: readonly string[];
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
  return evaluatorOf(triplet, {
    rows: usable.length,
    run: async (embed) => {
      const texts = (role: "anchor" | "positive") => usable.map((row) => row[role]);
      const anchors = await embed(texts("anchor"), "query");
      const positives = await embed(texts("positive"), "document");
      const flat = usable.flatMap((row) => row.negatives);
      const negatives = await embed(flat, "document");
      const sizes = usable.map((row) => row.negatives.length);
      const won = wonTriplets({ anchors, positives, negatives }, sizes);
      const value = won.reduce((sum, count) => sum + count, 0) / flat.length;
      const resampled = resampledRatio(won, sizes);
      return [{ key: "cosine_accuracy", value, resampled }];
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

interface Vectors {
  readonly anchors: Matrix;
  readonly positives: Matrix;
  readonly negatives: Matrix;
}

/** Of each row the number of its negatives that are farther from the anchor than the positive. */
function wonTriplets({ anchors, positives, negatives }: Vectors, sizes: readonly number[]) {
  let next = 0;
  return sizes.map((size, i) => {
    const cosine = rowCosine(anchors, i, positives, i);
    let won = 0;
    for (const end = next + size; next < end; next++) {
      if (cosine > rowCosine(anchors, i, negatives, next)) won += 1;
    }
    return won;
  });
}

function noNegatives(rows: number): UserError {
  return new UserError("no-negatives", `none of the ${rows} rows has a negative to compare with`, {
    hint: "name the column of negatives: --columns negative=NAME",
  });
}
