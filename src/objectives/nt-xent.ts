import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import {
  either,
  firstColumns,
  negativeRows,
  type PairInputs,
  transposedMask,
} from "./candidates.js";
import { temperature } from "./common-options.js";
import { defineObjective } from "./definition.js";
import { logSumExpOver, rowNumbers, scaled, truth } from "./masking.js";
import { pairForm } from "./pair-forms.js";

const ntXentOptions = { temperature: temperature(0.05) };

/**
 * With the 2B views z = [a; p], 1/(2B) Σ_i −log [ e^(cos(z_i,z_pos(i))/τ) / Σ_{k≠i} e^(cos(z_i,z_k)/τ) ]; explicit
 * negatives are further candidates of every view (Chen, Kornblith, Norouzi & Hinton 2020, equation 1).
 *
 * `mask` [B,N] is read by rows: where it removes p_j for a_i, or p_i for a_j, no view of row j counts for a view of row
 * i; where it removes an explicit negative for a_i, it does so for p_i too. A view's own positive always stays. A guide judges each pair
 * of views by itself: view w is removed for view z_i where cos(gz_i, gw) > cos(ga_i, gp_i) − margin.
 */
function ntXentLoss(
  b: GraphBuilder,
  inputs: PairInputs,
  { temperature }: OptionsOf<typeof ntXentOptions>,
): Value {
  const views = ops.l2Normalize(b, ops.concat(b, [inputs.anchors, inputs.positives], 0));
  const logits = scaled(b, ops.dotMatrix(b, views, candidates(b, views, inputs)), 1 / temperature);
  const { positive, kept } = places(b, views, logits, inputs);
  const own = ops.reduceSum(b, ops.where(b, positive, logits, ops.scalarLike(b, 0, logits)), {
    axes: [1],
  });
  return ops.reduceMean(b, ops.sub(b, logSumExpOver(b, logits, kept), own));
}

function candidates(b: GraphBuilder, views: Value, { negatives }: PairInputs): Value {
  if (negatives === undefined) return views;
  return ops.concat(b, [views, ops.l2Normalize(b, negativeRows(b, negatives))], 0);
}

/** Where the positives stand, and what counts in the denominator: both bool [2B, 2B + B·K]. */
function places(
  b: GraphBuilder,
  views: Value,
  logits: Value,
  inputs: PairInputs,
): { readonly positive: Value; readonly kept: Value } {
  const view = rowNumbers(b, views);
  const candidate = ops.unsqueeze(b, ops.range(b, ops.dimOf(b, logits, 1)), [0]);
  const self = ops.equal(b, view, candidate);
  const rows = ops.dimOf(b, inputs.anchors, 0);
  const first = ops.less(b, view, rows);
  const partner = ops.where(b, first, ops.add(b, view, rows), ops.sub(b, view, rows));
  const positive = ops.equal(b, partner, candidate);
  const others = ops.not(b, self);
  const removed = removedViews(b, inputs);
  if (removed === undefined) return { positive, kept: others };
  const left = ops.not(b, removed);
  return { positive, kept: ops.and(b, others, ops.or(b, positive, left)) };
}

/** What is removed for each view [2B, N + B], by the mask and by the guide; undefined where nothing is. */
function removedViews(b: GraphBuilder, { mask, guided, ...inputs }: PairInputs): Value | undefined {
  const base = guided === undefined ? mask : guided.base;
  const masked = base === undefined ? undefined : maskedViews(b, truth(b, base));
  if (guided === undefined || mask === undefined) return masked;
  const ofAnchors = ops.concat(b, [guided.anchorsOfAnchors, mask], 1);
  const ofPositives = [guided.anchorsOfPositives, guided.positivesOfPositives];
  if (inputs.negatives !== undefined && guided.negativesOfPositives !== undefined)
    ofPositives.push(guided.negativesOfPositives);
  const judged = ops.concat(b, [ofAnchors, ops.concat(b, ofPositives, 1)], 0);
  return either(b, masked, judged);
}

/** The mask of anchors and candidates as one of views and candidates: [B,N] → [2B, N + B]. */
function maskedViews(b: GraphBuilder, mask: Value): Value {
  const rows = ops.or(b, firstColumns(b, mask), transposedMask(b, mask));
  const start = ops.unsqueeze(b, ops.dimOf(b, mask, 0), [0]);
  const explicit = ops.slice(b, mask, { axis: 1, start });
  const half = ops.concat(b, [rows, rows, explicit], 1);
  return ops.concat(b, [half, half], 0);
}

export const ntXent = defineObjective({
  name: "nt-xent",
  title: "NT-Xent",
  summary: "picks each view's partner out of all other views of the batch",
  rows: ["pair"],
  forms: [pairForm],
  options: ntXentOptions,
  inBatch: true,
  modifiers: ["in-batch-off", "guide"],
  trained: [],
  text: {
    formula:
      "1/(2B) Σ_i −log [ exp(cos(z_i,z_pos(i))/τ) / Σ_{k≠i} exp(cos(z_i,z_k)/τ) ],  z = [a; p]\nguide, margin m, limit l_i = cos(ga_i,gp_i) − m: removed are p_j for a_i where cos(ga_i,gp_j) > l_i, a_j for p_i where cos(gp_i,ga_j) > l_i, a_j for a_i where cos(ga_i,ga_j) > l_i, p_j for p_i where cos(gp_i,gp_j) > l_i, negatives likewise",
    papers: [
      {
        authors: "Chen, Kornblith, Norouzi, Hinton",
        year: 2020,
        title: "A Simple Framework for Contrastive Learning of Visual Representations",
        place: "equation 1",
      },
    ],
    picture:
      "a_i ──►◄── p_i\na_i ◄──►  a_j, p_j      every view is an anchor,\np_i ◄──►  a_j, p_j      every other view a negative",
    when: "Anchor and positive are of one kind (two phrasings, two augmentations), so that anchors are good negatives of each other. For questions and answers take infonce.",
    relations:
      "infonce over the 2N views: infonce with --directions all --partition per-text, so symmetric infonce plus the anchor-anchor and positive-positive negatives. supcon with classes of two texts is the same loss.",
    evidence:
      "ImageNet, linear evaluation: 76.5 % top-1 (SimCLR, abstract). For sentences SimCSE uses the one-directional infonce.",
  },
  chance: (_, { rows, negatives }) => Math.log(2 * rows - 1 + rows * negatives),
  build: ntXentLoss,
});
