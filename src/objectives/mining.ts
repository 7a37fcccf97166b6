import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { ClassRelations } from "./classes.js";
import { anyOver, meanOver } from "./masking.js";

/** Farther than any distance. */
const FAR = 1e30;

/** Distances of every two texts [B,B] and how their classes relate. */
interface MiningInputs {
  readonly distances: Value;
  readonly relations: ClassRelations;
}

/** max(0, D(a,p) − D(a,n) + m). */
export function tripletTerm(b: GraphBuilder, dp: Value, dn: Value, margin: number): Value {
  return ops.relu(b, ops.add(b, ops.sub(b, dp, dn), ops.scalarLike(b, margin, dp)));
}

/**
 * Mean of the terms above 0 over all triplets (a, p, n) of the batch, 0 if there is none
 * (Hermans, Beyer & Leibe 2017, equation 6, averaged over what is above 0). Takes B³ numbers.
 */
export function batchAll(
  b: GraphBuilder,
  { distances, relations }: MiningInputs,
  margin: number,
): Value {
  const dp = ops.unsqueeze(b, distances, [2]);
  const dn = ops.unsqueeze(b, distances, [1]);
  const term = tripletTerm(b, dp, dn, margin);
  const valid = ops.and(
    b,
    ops.unsqueeze(b, relations.positive, [2]),
    ops.unsqueeze(b, relations.negative, [1]),
  );
  const counts = ops.greater(b, term, ops.scalarLike(b, 0, term));
  return meanOver(b, term, ops.and(b, valid, counts));
}

/**
 * Mean over the anchors that have a positive and a negative (terms of 0 included) with the farthest positive and the
 * nearest negative (Hermans, Beyer & Leibe 2017, equation 5). Of equal distances the first is taken.
 */
export function batchHard(
  b: GraphBuilder,
  { distances, relations }: MiningInputs,
  margin: number,
): Value {
  const { positive, negative } = relations;
  const farthest = ops.argMax(b, onlyWhere(b, positive, distances, -FAR), 1, true);
  const nearest = ops.argMin(b, onlyWhere(b, negative, distances, FAR), 1, true);
  const dp = ops.gatherElements(b, distances, farthest, 1);
  const dn = ops.gatherElements(b, distances, nearest, 1);
  const term = ops.squeeze(b, tripletTerm(b, dp, dn, margin), [1]);
  return meanOver(b, term, ops.and(b, anyOver(b, positive), anyOver(b, negative)));
}

/**
 * Mean over the ordered (a, p) whose a has a negative: the nearest negative farther than p, else the farthest one
 * (Schroff, Kalenichenko & Philbin 2015, section 3.2). Takes B³ numbers for the selection.
 */
export function batchSemiHard(
  b: GraphBuilder,
  { distances, relations }: MiningInputs,
  margin: number,
): Value {
  const { positive, negative } = relations;
  const dp = ops.unsqueeze(b, ops.stopGradient(b, distances), [2]);
  const dn = ops.unsqueeze(b, ops.stopGradient(b, distances), [1]);
  const farther = ops.and(b, ops.unsqueeze(b, negative, [1]), ops.greater(b, dn, dp));
  const nearest = ops.argMin(b, onlyWhere(b, farther, dn, FAR), 2);
  const farthest = ops.argMax(b, onlyWhere(b, negative, distances, -FAR), 1, true);
  const chosen = ops.where(b, anyOver(b, farther), nearest, farthest);
  const selected = ops.gatherElements(b, distances, chosen, 1);
  const term = tripletTerm(b, distances, selected, margin);
  const hasNegative = ops.unsqueeze(b, anyOver(b, negative), [1]);
  return meanOver(b, term, ops.and(b, positive, hasNegative));
}

/** Distances where the condition holds, else `otherwise`; for a selection, so without gradient. */
function onlyWhere(b: GraphBuilder, condition: Value, distances: Value, otherwise: number): Value {
  const fixed = ops.stopGradient(b, distances);
  return ops.where(b, condition, fixed, ops.scalarLike(b, otherwise, fixed));
}
