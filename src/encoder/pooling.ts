import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import {
  add,
  cast,
  concat,
  cumSum,
  div,
  gather,
  matmul,
  mul,
  reshape,
  scalarLike,
  slice,
  sqrt,
  sub,
  topK,
  transpose,
  where,
} from "../graph/ops/index.js";
import { int64 } from "../math/tensor.js";
import { type Pooling, type PoolingMode, poolingModes } from "./pooling-mode.js";

/** Input [B, T] of graphs that leave the prompt's tokens out of pooling: as attention_mask, and 0 at those as well. */
export const POOLING_MASK = "pooling_mask";

/** Token vectors of a batch. */
interface TokenVectors {
  /** [B, T, H] float */
  readonly hidden: Value;
  /** [B, T] int64: 1 for a token, 0 for padding; padding is at the end of a row. */
  readonly mask: Value;
  /** [B, T] int64: 1 for a token that is pooled; default: `mask`. Tokens that are not are at the beginning of a row. */
  readonly pooled?: Value | undefined;
}

/**
 * Appends the pooling of token vectors to a graph, [B, T, H] → [B, H], or [B, k·H] for k modes; not normalised. With m the mask of
 * pooled tokens and t from 0 (Reimers & Gurevych, Sentence-BERT, 2019, section 3; Muennighoff, SGPT, 2022, section 3.1):
 * `mean` Σ m_t h_t / Σ m_t · `mean_sqrt_len_tokens` Σ m_t h_t / √Σ m_t · `weightedmean` Σ (t + 1) m_t h_t / Σ (t + 1) m_t ·
 * a text without any token has the vector 0 ·
 * `cls` the first h_t with m_t = 1 · `last` the last one · `max` the largest h_t of those, feature by feature.
 *
 * Means and single tokens are one product of weights [B, 1, T] with the token vectors, which is also the fastest form. All nodes
 * are written alike in ONNX's operator sets 11 to 21, so that they can be added to a model as it was exported.
 */
export function poolTokens(b: GraphBuilder, pooling: Pooling, tokens: TokenVectors): Value {
  const modes = poolingModes(pooling).map((mode) => poolOne(b, mode, tokens));
  return modes.length === 1 ? modes[0] : concat(b, modes, 1);
}

function poolOne(b: GraphBuilder, mode: PoolingMode, tokens: TokenVectors): Value {
  const { hidden, pooled } = tokens;
  if (mode === "cls" && pooled === undefined)
    return gather(b, hidden, b.constant(int64([], [0])), 1);
  const m = cast(b, pooled ?? tokens.mask, hidden.dtype);
  if (mode === "max") return largest(b, hidden, m);
  const weights = row(b, weightsOf(b, mode, m));
  const sum = matmul(b, weights, hidden);
  if (mode === "cls" || mode === "last") return vectors(b, sum, hidden);
  // m is 1 wherever a weight is not 0, so this is the sum of the weights.
  const count = matmul(b, weights, reshape(b, m, [0, -1, 1]));
  const least = where(b, cast(b, count, "bool"), count, scalarLike(b, 1, count));
  const divisor = mode === "mean_sqrt_len_tokens" ? sqrt(b, least) : least;
  return vectors(b, div(b, sum, divisor), hidden);
}

/** The weight of each token [B, T]. */
function weightsOf(b: GraphBuilder, mode: PoolingMode, m: Value): Value {
  if (mode === "cls") return firstOf(b, m);
  if (mode === "last") return lastOf(b, m);
  if (mode !== "weightedmean") return m;
  const ones = add(b, mul(b, m, scalarLike(b, 0, m)), scalarLike(b, 1, m));
  return mul(b, cumSum(b, ones, 1), m);
}

const row = (b: GraphBuilder, weights: Value): Value => reshape(b, weights, [0, 1, -1]);

/** [B, 1, H] → [B, H]. */
function vectors(b: GraphBuilder, x: Value, { shape }: Value): Value {
  const [batch = "B", , width = "H"] = shape;
  return reshape(b, x, [0, -1], [batch, width]);
}

/** m_t (1 − m_{t+1}) with m_T = 0: 1 at the last token of each row. */
function lastOf(b: GraphBuilder, m: Value): Value {
  const next = concat(b, [slice(b, m, { axis: 1, start: 1 }), nothing(b, m)], 1);
  return sub(b, m, mul(b, m, next));
}

/** m_t (1 − m_{t−1}) with m_{−1} = 0: 1 at the first token of each row. */
function firstOf(b: GraphBuilder, m: Value): Value {
  const before = concat(b, [nothing(b, m), slice(b, m, { axis: 1, start: 0, end: -1 })], 1);
  return sub(b, m, mul(b, m, before));
}

/** Zeros [B, 1]. */
function nothing(b: GraphBuilder, m: Value): Value {
  const first = slice(b, m, { axis: 1, start: 0, end: 1 });
  return sub(b, first, first);
}

/** Lower than any feature of a token. */
const LOWEST = -1e30;

/** The largest of the pooled tokens, feature by feature: by TopK, since the axes of ReduceMax moved in operator set 18. */
function largest(b: GraphBuilder, hidden: Value, m: Value): Value {
  const [batch = "B", , width = "H"] = hidden.shape;
  const pooled = cast(b, reshape(b, m, [0, -1, 1]), "bool");
  const masked = where(b, pooled, hidden, scalarLike(b, LOWEST, hidden));
  const { values } = topK(b, transpose(b, masked, [0, 2, 1]), 1);
  return reshape(b, values, [0, -1], [batch, width]);
}
