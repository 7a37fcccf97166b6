import type { GraphBuilder } from "../graph/builder.js";
import type { Value } from "../graph/ir.js";
import { cast, concat, div, gather, matmul, reshape, slice, sub } from "../graph/ops/index.js";
import { int64 } from "../math/tensor.js";
import type { PoolingMode } from "./pooling-mode.js";

/** Token vectors of a batch. */
interface TokenVectors {
  /** [B, T, H] float */
  readonly hidden: Value;
  /** [B, T] int64: 1 for a token, 0 for padding; padding is at the end of a row. */
  readonly mask: Value;
}

/**
 * Appends the pooling of token vectors to a graph, [B, T, H] → [B, H]; not normalised.
 * `mean`: Σ_t m_t h_t / Σ_t m_t · `cls`: h_0 · `last`: h_t of the last t with m_t = 1
 * (Reimers & Gurevych, Sentence-BERT, 2019, section 3).
 *
 * Mean and last are one product of weights [B, 1, T] with the token vectors, which is also the fastest form. All nodes are
 * written alike in ONNX's operator sets 11 to 21, so that they can be added to a model as it was exported.
 */
export function poolTokens(b: GraphBuilder, mode: PoolingMode, tokens: TokenVectors): Value {
  const { hidden, mask } = tokens;
  const [batch = "B", , width = "H"] = hidden.shape;
  if (mode === "cls") return gather(b, hidden, b.constant(int64([], [0])), 1);
  const m = cast(b, mask, hidden.dtype);
  const weights = reshape(b, mode === "mean" ? m : lastOf(b, m), [0, 1, -1]);
  const sum = matmul(b, weights, hidden);
  // The weights are 0 or 1, so their sum is the sum of their squares.
  const count = matmul(b, weights, reshape(b, m, [0, -1, 1]));
  const pooled = mode === "mean" ? div(b, sum, count) : sum;
  return reshape(b, pooled, [0, -1], [batch, width]);
}

/** m_t − m_{t+1} with m_T = 0: 1 at the last token of each row. */
function lastOf(b: GraphBuilder, m: Value): Value {
  const first = slice(b, m, { axis: 1, start: 0, end: 1 });
  const next = concat(b, [slice(b, m, { axis: 1, start: 1 }), sub(b, first, first)], 1);
  return sub(b, m, next);
}
