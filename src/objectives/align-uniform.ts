import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { firstColumns, type PairInputs, transposedMask } from "./candidates.js";
import { everyTwo } from "./classes.js";
import { normalize } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { atLeastOne, keepOnly, removeOthers, rowNumbers, scaled, truth } from "./masking.js";
import { distanceMatrix, squaredDistance, unitIf } from "./vectors.js";

const alignUniformOptions = {
  normalize: normalize(true),
  uniformityWeight: {
    type: "number",
    default: 1,
    min: 0,
    description: "weight w of the uniformity term",
  },
} as const;

/**
 * mean_i ‖a_i − p_i‖² + w·½(U(a) + U(p)), U(x) = log mean_{i<j} e^(−2‖x_i − x_j‖²)
 * (Wang & Isola 2020, section 4.1, α = 2, t = 2). U is 0 for one row. Where the mask [B,B] removes p_j for a_i or p_i
 * for a_j, rows i and j are left out of both U.
 */
function alignUniformLoss(
  b: GraphBuilder,
  inputs: Pick<PairInputs, "anchors" | "positives" | "mask">,
  { normalize, uniformityWeight }: OptionsOf<typeof alignUniformOptions>,
): Value {
  const a = unitIf(b, normalize, inputs.anchors);
  const p = unitIf(b, normalize, inputs.positives);
  const alignment = ops.reduceMean(b, squaredDistance(b, a, p));
  if (uniformityWeight === 0) return alignment;
  const counted = countedPairs(b, a, inputs.mask);
  const sum = ops.add(b, uniformity(b, a, counted), uniformity(b, p, counted));
  return ops.add(b, alignment, scaled(b, sum, uniformityWeight / 2));
}

/** True for two different rows that the mask leaves together: [B,B]. */
function countedPairs(b: GraphBuilder, x: Value, mask: Value | undefined): Value {
  const rows = ops.reshape(b, rowNumbers(b, x), [-1]);
  const different = ops.not(b, everyTwo(b, rows, ops.equal));
  if (mask === undefined) return different;
  const removed = truth(b, mask);
  const either = ops.or(b, firstColumns(b, removed), transposedMask(b, removed));
  return ops.and(b, different, ops.not(b, either));
}

/** log of the mean over the counted pairs of e^(−2‖x_i − x_j‖²); 0 when none counts. */
function uniformity(b: GraphBuilder, x: Value, counted: Value): Value {
  const nearness = scaled(b, distanceMatrix(b, "squared-euclidean", x), -2);
  const all = ops.logSumExp(b, ops.reshape(b, removeOthers(b, nearness, counted), [-1]), 0);
  const count = ops.reduceSum(b, ops.cast(b, counted, x.dtype));
  const mean = ops.sub(b, all, ops.log(b, atLeastOne(b, count)));
  return keepOnly(b, mean, ops.cast(b, count, "bool"));
}

export const alignUniform = defineObjective({
  name: "align-uniform",
  title: "Alignment and uniformity",
  summary: "pulls pairs together and spreads all texts evenly over the sphere",
  rows: ["pair"],
  forms: [{ required: ["anchors", "positives"], optional: ["mask"] }],
  options: alignUniformOptions,
  inBatch: true,
  modifiers: [],
  trained: [],
  text: {
    formula: "mean‖a−p‖² + w·½(U(a)+U(p)),  U(x) = log mean_{i<j} exp(−2‖x_i−x_j‖²)",
    papers: [
      {
        authors: "Wang, Isola",
        year: 2020,
        title:
          "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere",
        place: "section 4.1",
      },
    ],
    picture:
      "a ──►◄── p               alignment\nx ◄─► x ◄─► x ◄─► x      uniformity: each from each, anchors and positives apart",
    when: "To see and steer the two forces that every contrastive objective mixes; explicit negatives are not used.",
    relations:
      "What infonce tends to for many negatives, written as its two parts. The same two figures describe any model.",
    evidence:
      "The paper finds both quantities to go with the quality of image and sentence vectors; SimCSE measures sentence encoders by them.",
  },
  build: alignUniformLoss,
});
