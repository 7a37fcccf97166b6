import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import {
  add,
  expand,
  matmul,
  mul,
  reshape,
  scalarLike,
  softmax,
  transpose,
  unsqueeze,
} from "../../graph/ops/index.js";
import { type Rotation, rotate } from "./rotary.js";

/** Queries [B, T, h·d], keys and values [B, T, k·d]. */
interface Projections {
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
}

interface AttentionForm {
  /** h: heads of the queries. */
  readonly heads: number;
  /** d */
  readonly headSize: number;
  /** k: heads of keys and values, each used by h/k heads of queries (Ainslie 2023); default h. */
  readonly keyHeads?: number | undefined;
  /** Factor on q·k; default 1/√d. */
  readonly scale?: number | undefined;
  /** Added to the logits: the mask, [B, 1, 1 or T, T]. */
  readonly mask: Value;
  /** Added to the logits before it [1, h, T, T]. */
  readonly bias?: Value | undefined;
  readonly rotation?: Rotation | undefined;
  /** Applied to the heads of queries and keys [B, T, ·, d] before they are turned. */
  readonly normalize?: ((x: Value, of: "query" | "key") => Value) | undefined;
}

/** softmax(scale · q·kᵀ + bias + mask) · v (Vaswani 2017, equation 1): the context [B, T, h·d]. */
export function attention(b: GraphBuilder, parts: Projections, form: AttentionForm): Value {
  const { heads, headSize, keyHeads = heads, scale = 1 / Math.sqrt(headSize) } = form;
  const query = headsOf(b, parts.query, "query", form);
  const key = headsOf(b, parts.key, "key", form);
  const value = transpose(b, split(b, parts.value, keyHeads, headSize), [0, 2, 1, 3]);
  const product = matmul(b, query, transpose(b, repeated(b, key, heads / keyHeads), [0, 1, 3, 2]));
  const scaled = mul(b, product, scalarLike(b, scale, product));
  const biased = form.bias === undefined ? scaled : add(b, scaled, form.bias);
  const weights = softmax(b, add(b, biased, form.mask));
  const context = transpose(
    b,
    matmul(b, weights, repeated(b, value, heads / keyHeads)),
    [0, 2, 1, 3],
  );
  return reshape(b, context, [0, 0, heads * headSize], ["B", "T", heads * headSize]);
}

/** [B, T, n·d] → [B, T, n, d]. */
function split(b: GraphBuilder, x: Value, heads: number, headSize: number): Value {
  return reshape(b, x, [0, 0, heads, headSize], ["B", "T", heads, headSize]);
}

/** Heads of queries or keys [B, n, T, d], normalised and turned where the form says so. */
function headsOf(b: GraphBuilder, x: Value, of: "query" | "key", form: AttentionForm): Value {
  const { heads, keyHeads = heads, headSize, normalize, rotation } = form;
  const apart = split(b, x, of === "query" ? heads : keyHeads, headSize);
  const normal = normalize === undefined ? apart : normalize(apart, of);
  const moved = transpose(b, normal, [0, 2, 1, 3]);
  return rotation === undefined ? moved : rotate(b, moved, rotation);
}

/** Each head `times` times in a row: [B, k, T, d] → [B, k·times, T, d]. */
function repeated(b: GraphBuilder, x: Value, times: number): Value {
  if (times === 1) return x;
  const [, heads, , size] = x.shape as [string, number, string, number];
  const copies = expand(
    b,
    unsqueeze(b, x, [2]),
    [1, 1, times, 1, 1],
    ["B", heads, times, "T", size],
  );
  return reshape(b, copies, [0, heads * times, -1, size], ["B", heads * times, "T", size]);
}
