import { usageError } from "../errors/user-error.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { OptionsOf } from "../options/option.js";
import { scale } from "./common-options.js";
import { rankingLoss, type ScoredPairInputs } from "./cosent.js";
import { defineObjective } from "./definition.js";
import { scaled } from "./masking.js";
import { scoredPairForm } from "./pair-forms.js";

const angleOptions = { scale: scale(20) };

/**
 * cosent with |Σ_k Re(u_k·v̄_k) + Im(u_k·v̄_k)| / (‖u‖‖v‖) in place of cos, where a vector's halves are the real and
 * imaginary parts of D/2 complex numbers (Li & Li 2023). Not symmetric in u and v. Throws a UserError when D is odd.
 */
function angleLoss(
  b: GraphBuilder,
  inputs: ScoredPairInputs,
  { scale }: OptionsOf<typeof angleOptions>,
): Value {
  const similarity = angleSimilarity(b, inputs.sentence1, inputs.sentence2);
  return rankingLoss(b, scaled(b, similarity, scale), inputs.scores);
}

/** With u = a + ib and v = c + id: Re(u·v̄) + Im(u·v̄) = (ac + bd) + (bc − ad) = a(c − d) + b(c + d). */
function angleSimilarity(b: GraphBuilder, u: Value, v: Value): Value {
  const [re1, im1] = halves(b, ops.l2Normalize(b, u));
  const [re2, im2] = halves(b, ops.l2Normalize(b, v));
  const first = ops.rowDot(b, re1, ops.sub(b, re2, im2));
  const second = ops.rowDot(b, im1, ops.add(b, re2, im2));
  return ops.abs(b, ops.add(b, first, second));
}

function halves(b: GraphBuilder, x: Value): readonly [Value, Value] {
  const size = x.shape[1] as number;
  if (size % 2 !== 0)
    throw usageError(
      "odd-dimension",
      `angle needs embeddings of an even dimension, got ${size}`,
      "choose an even --head-dim, or --objective cosent",
    );
  const half = size / 2;
  return [ops.slice(b, x, { axis: 1, end: half }), ops.slice(b, x, { axis: 1, start: half })];
}

export const angle = defineObjective({
  name: "angle",
  title: "AnglE",
  summary: "orders pairs by an angle in complex space as their scores are ordered",
  rows: ["scored-pair"],
  forms: [scoredPairForm],
  options: angleOptions,
  inBatch: false,
  modifiers: [],
  trained: [],
  text: {
    formula:
      "as cosent with |Σ_k Re(u_k·v̄_k) + Im(u_k·v̄_k)| / (‖u‖‖v‖) in place of cos\nu = first half + i·second half of the vector; D even",
    papers: [
      {
        authors: "Li, Li",
        year: 2023,
        title: "AnglE-optimized Text Embeddings",
        place: "the angle objective",
      },
    ],
    picture: "as cosent, measured by an angle whose slope does not vanish near cos = ±1",
    when: "Graded scores, many of them near the top or the bottom of the scale, where the cosine is flat.",
    relations: "cosent with another similarity. Not symmetric: u and v may not be swapped.",
    evidence:
      "The paper compares it on STS with objectives of the cosine; compare it with cosent on your own data.",
  },
  build: angleLoss,
});
