import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import * as ops from "../graph/ops/index.js";
import type { HardnessOn, Similarity } from "./common-options.js";
import type { GuidedDirections } from "./guided-directions.js";
import { keepOnly, rowNumbers, scaled, truth } from "./masking.js";
import { similarityMatrix } from "./vectors.js";

/** Inputs of an objective of pairs. `mask` [B,N] removes candidate j for anchor i, never its own positive. */
export interface PairInputs {
  readonly anchors: Value;
  readonly positives: Value;
  readonly negatives?: Value | undefined;
  readonly mask?: Value | undefined;
  readonly queue?: Value | undefined;
  /** What a guide removes in other directions than from anchors to candidates. */
  readonly guided?: GuidedDirections | undefined;
}

/** Similarities of the anchors with all candidates and which of them count. All but `positive` are [B,N]. */
export interface CandidateLogits {
  readonly logits: Value;
  /** The logit of each anchor's own positive [B]. */
  readonly positive: Value;
  /** True at an anchor's own positive. */
  readonly own: Value;
  /** True at own positives and at what the mask leaves; absent without a mask. */
  readonly kept: Value | undefined;
  /** Kept and not the own positive. */
  readonly negative: Value;
}

/** How candidates are compared with anchors. */
export interface LogitOptions {
  readonly similarity: Similarity;
  readonly temperature: number;
  readonly hardNegativeWeight?: number | undefined;
  /** α: α·cos, without gradient, is added to the logits of negatives. */
  readonly hardness?: number | undefined;
  readonly hardnessOn?: HardnessOn | undefined;
}

/** Explicit negatives [B,K,D] as rows [B·K,D]: n_ik is row i·K + k. */
export function negativeRows(b: GraphBuilder, negatives: Value): Value {
  return ops.reshape(b, negatives, [-1, negatives.shape[2] as number]);
}

/** All candidates [N,D]: the positives, the explicit negatives row by row, the queue (through which no gradient flows). */
export function candidateVectors(b: GraphBuilder, inputs: PairInputs): Value {
  const parts = [inputs.positives];
  if (inputs.negatives !== undefined) parts.push(negativeRows(b, inputs.negatives));
  if (inputs.queue !== undefined) parts.push(ops.stopGradient(b, inputs.queue));
  return parts.length === 1 ? inputs.positives : ops.concat(b, parts, 0);
}

/** The candidates that the batch itself brings: those of `candidateVectors` before the queue. */
export function batchCandidates(b: GraphBuilder, { queue: _, ...own }: PairInputs): Value {
  return candidateVectors(b, own);
}

/** The row that brought each candidate [N] (int64), −1 for those of the queue. */
function candidateOwners(b: GraphBuilder, inputs: PairInputs): Value {
  const rows = rowNumbers(b, inputs.anchors);
  const parts = [ops.reshape(b, rows, [-1])];
  if (inputs.negatives !== undefined) {
    const perRow = inputs.negatives.shape[1] as number;
    parts.push(ops.reshape(b, ops.tile(b, rows, [1, perRow]), [-1]));
  }
  if (inputs.queue !== undefined) {
    const size = ops.unsqueeze(b, ops.dimOf(b, inputs.queue, 0), [0]);
    parts.push(ops.full(b, size, -1, "int64"));
  }
  return ops.concat(b, parts, 0);
}

/** True where the candidate came with the anchor's own row, as its positive or as an explicit negative: [B,N]. */
export function sameRow(b: GraphBuilder, inputs: PairInputs): Value {
  const owners = ops.unsqueeze(b, candidateOwners(b, inputs), [0]);
  return ops.equal(b, rowNumbers(b, inputs.anchors), owners);
}

/** True on the diagonal of a [B,N] matrix: the own positives. */
export function ownPositive(b: GraphBuilder, matrix: Value): Value {
  return ops.cast(b, ops.eyeLike(b, matrix), "bool");
}

/** s(a_i, c_j) = sim / τ (+ log w at the anchor's own explicit negatives, + α·cos at the negatives that hardness weighs), with the candidates that count. */
export function candidateLogits(
  b: GraphBuilder,
  inputs: PairInputs,
  options: LogitOptions,
): CandidateLogits {
  const candidates = candidateVectors(b, inputs);
  const raw = similarityMatrix(b, options.similarity, inputs.anchors, candidates);
  const plain = scaled(b, raw, 1 / options.temperature);
  const own = ownPositive(b, plain);
  const weighted = withWeight(b, inputs, { plain, own, weight: options.hardNegativeWeight ?? 1 });
  const logits = withHardness(b, inputs, { logits: weighted, own, options });
  return { logits, own, positive: ownLogits(b, logits, own), ...counted(b, own, inputs.mask) };
}

/** The entry of each row at its own positive: [B,N] → [B]. */
function ownLogits(b: GraphBuilder, logits: Value, own: Value): Value {
  return ops.reduceSum(b, keepOnly(b, logits, own), { axes: [1] });
}

function counted(
  b: GraphBuilder,
  own: Value,
  mask: Value | undefined,
): Pick<CandidateLogits, "kept" | "negative"> {
  const others = ops.not(b, own);
  if (mask === undefined) return { kept: undefined, negative: others };
  const left = ops.not(b, truth(b, mask));
  return { kept: ops.or(b, own, left), negative: ops.and(b, others, left) };
}

function withWeight(
  b: GraphBuilder,
  inputs: PairInputs,
  { plain, own, weight }: { readonly plain: Value; readonly own: Value; readonly weight: number },
): Value {
  if (inputs.negatives === undefined || weight === 1) return plain;
  const hard = ops.and(b, sameRow(b, inputs), ops.not(b, own));
  const heavier = ops.add(b, plain, ops.scalarLike(b, Math.log(weight), plain));
  return ops.where(b, hard, heavier, plain);
}

/** Logits with α·sg(cos(a_i, c_j)) added at the negatives that are weighed (Lan et al. 2025, LLaVE). */
function withHardness(
  b: GraphBuilder,
  inputs: PairInputs,
  given: { readonly logits: Value; readonly own: Value; readonly options: LogitOptions },
): Value {
  const { logits, own, options } = given;
  const { hardness = 0, hardnessOn = "all" } = options;
  if (hardness === 0) return logits;
  const explicit = ops.and(b, sameRow(b, inputs), ops.not(b, own));
  const weighed = {
    explicit,
    "in-batch": ops.not(b, ops.or(b, own, explicit)),
    all: ops.not(b, own),
  }[hardnessOn];
  const cos = ops.cosineMatrix(b, inputs.anchors, candidateVectors(b, inputs));
  const added = scaled(b, ops.stopGradient(b, cos), hardness);
  return ops.where(b, weighed, ops.add(b, logits, added), logits);
}

/** The mask's entries at each anchor's own explicit negatives [B,K], true where one is removed. */
export function ownNegativesRemoved(b: GraphBuilder, mask: Value, negatives: Value): Value {
  const perRow = negatives.shape[1] as number;
  const rows = ops.dimOf(b, mask, 0);
  const count = ops.mul(b, rows, ops.scalar(b, perRow, "int64"));
  const places = ops.add(b, ops.range(b, count), rows);
  const indices = ops.reshape(b, places, [-1, perRow]);
  return ops.gatherElements(b, truth(b, mask), indices, 1);
}

/** x or y, of which each may be absent. */
export function either(
  b: GraphBuilder,
  x: Value | undefined,
  y: Value | undefined,
): Value | undefined {
  return x === undefined || y === undefined ? (x ?? y) : ops.or(b, x, y);
}

/** mask[:, :B]ᵀ. */
export function transposedMask(b: GraphBuilder, mask: Value): Value {
  return ops.transpose(b, firstColumns(b, mask), [1, 0]);
}

/** mask[:, :B]: what concerns the positives. */
export function firstColumns(b: GraphBuilder, mask: Value): Value {
  const rows = ops.unsqueeze(b, ops.dimOf(b, mask, 0), [0]);
  return ops.slice(b, mask, { axis: 1, end: rows });
}
