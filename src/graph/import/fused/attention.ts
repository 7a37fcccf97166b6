import { floatOf, intOf } from "../../attributes.js";
import type { GraphBuilder } from "../../builder.js";
import type { Value } from "../../ir.js";
import {
  add,
  and,
  cast,
  dimOf,
  expand,
  greaterOrEqual,
  less,
  matmul,
  mul,
  range,
  reshape,
  scalar,
  scalarLike,
  softmax,
  split,
  sub,
  tanh,
  transpose,
  unsqueeze,
  where,
} from "../../ops/index.js";
import { unsupported } from "../source.js";
import { type FusedCall, type FusedRule, numberOf, refuseInputs, required } from "./call.js";
import { rotate } from "./rotary.js";

/** What is added where attention is masked: the lowest that stays finite with another mask on top. */
const MASKED = -1e30;

/** Queries [B, h, T, d], keys and values [B, k, T, d] of attention, and what is done with the scores. */
interface Attention {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly scale: number;
  /** Caps scores s at c · tanh(s/c); 0: not at all. */
  readonly softcap?: number;
  /** Added to the scores, or where they are kept; each broadcasts to [B, h, T, T]. */
  readonly masks: readonly Value[];
}

/** softmax(scale · q·kᵀ + masks) · v as [B, h, T, d]; heads of keys and values are repeated where there are fewer. */
function attend(b: GraphBuilder, { q, k, v, scale, softcap = 0, masks }: Attention): Value {
  const heads = Number(q.shape[1]);
  const [keys, values] = [k, v].map((x) => repeated(b, x, heads));
  const product = matmul(b, q, transpose(b, keys, [0, 1, 3, 2]));
  let logits = scale === 1 ? product : mul(b, product, scalarLike(b, scale, product));
  if (softcap > 0) {
    const cap = scalarLike(b, softcap, logits);
    logits = mul(b, tanh(b, mul(b, logits, scalarLike(b, 1 / softcap, logits))), cap);
  }
  for (const mask of masks) {
    const low = scalarLike(b, MASKED, logits);
    logits = mask.dtype === "bool" ? where(b, mask, logits, low) : add(b, logits, mask);
  }
  return matmul(b, softmax(b, logits), values);
}

/** Heads [B, k, T, d] as [B, h, T, d], each h/k times. */
function repeated(b: GraphBuilder, x: Value, heads: number): Value {
  const [B, own, T, size] = x.shape;
  const times = heads / Number(own);
  if (times === 1) return x;
  const five = unsqueeze(b, x, [2]);
  const wide = expand(b, five, [1, 1, times, 1, 1], [B, own, times, T, size]);
  return reshape(b, wide, [0, heads, -1, Number(size)], [B, heads, T, size]);
}

/** [B, T, h·d] → [B, h, T, d] */
function toHeads(b: GraphBuilder, x: Value, heads: number): Value {
  if (x.shape.length === 4) return x;
  const [B, T, width] = x.shape;
  const size = Number(width) / heads;
  const cut = reshape(b, x, [0, 0, heads, size], [B, T, heads, size]);
  return transpose(b, cut, [0, 2, 1, 3]);
}

/** [B, h, T, d] → [B, T, h·d] */
function fromHeads(b: GraphBuilder, x: Value): Value {
  const [B, heads, T, size] = x.shape;
  const width = Number(heads) * Number(size);
  return reshape(b, transpose(b, x, [0, 2, 1, 3]), [0, 0, width], [B, T, width]);
}

/** 0 … T−1 as int64 [T], T the length of [B, h, T, d]. */
function positions(b: GraphBuilder, heads: Value): Value {
  return range(b, dimOf(b, heads, 2));
}

/** Whether a key stands at or before the query, and not `window` or more before it: [T, T] bool. */
function earlier(b: GraphBuilder, heads: Value, window = 0): Value {
  const t = positions(b, heads);
  const distance = sub(b, unsqueeze(b, t, [1]), unsqueeze(b, t, [0]));
  const causal = greaterOrEqual(b, distance, scalar(b, 0, "int64"));
  return window > 0 ? and(b, causal, less(b, distance, scalar(b, window, "int64"))) : causal;
}

/** Keys that are not padding, from the forms a mask may have: lengths [B], or ones and zeros [B, T] or [B, T, T]. */
function keyMask(call: FusedCall, mask: Value, heads: Value): Value {
  const { b, node } = call;
  const { shape } = mask;
  if (shape.length === 1 && shape[0] === heads.shape[0]) {
    const t = unsqueeze(b, positions(b, heads), [0]);
    const inside = less(b, t, unsqueeze(b, cast(b, mask, "int64"), [1]));
    return unsqueeze(b, inside, [1, 2]);
  }
  const kept = mask.dtype === "bool" ? mask : cast(b, mask, "bool");
  if (shape.length === 2) return unsqueeze(b, kept, [1, 2]);
  if (shape.length === 3) return unsqueeze(b, kept, [1]);
  throw unsupported(node, `its mask has the shape [${shape}]`);
}

/** The masks of a node of com.microsoft: padding, or that of the texts where only order is masked, and order. */
function masksOf(call: FusedCall, mask: Value | undefined, heads: Value): Value[] {
  const { b, node } = call;
  const causal = intOf(node, "unidirectional", 0) === 1;
  // Behind the end of a text no token of it looks: masking padding changes no vector, and lets it be left out.
  const known = mask ?? (causal ? call.attentionMask : undefined);
  const padding = known === undefined ? [] : [keyMask(call, known, heads)];
  return causal ? [...padding, earlier(b, heads)] : padding;
}

const scaleOf = ({ node }: FusedCall, q: Value): number => {
  const given = floatOf(node, "scale", 0);
  return given === 0 ? 1 / Math.sqrt(Number(q.shape[3])) : given;
};

/** com.microsoft.Attention: x · W + b cut into queries, keys and values. */
const attention: FusedRule = (call) => {
  const { b, node } = call;
  refuseInputs(call, [4, 6]);
  if (intOf(node, "do_rotary", 0) === 1) throw unsupported(node, "it rotates inside");
  const heads = intOf(node, "num_heads", 0);
  const product = matmul(b, required(call, 0), required(call, 1));
  const bias = call.optional(2);
  const joint = bias === undefined ? product : add(b, product, bias);
  const size = numberOf(call, joint.shape[2]) / 3;
  const parts = split(b, joint, [size, size, size], 2);
  const [q, k, v] = parts.map((x) => toHeads(b, x, heads));
  const masks = masksOf(call, call.optional(3), q);
  const extra = call.optional(5);
  const all = extra === undefined ? masks : [extra, ...masks];
  return [fromHeads(b, attend(b, { q, k, v, scale: scaleOf(call, q), masks: all }))];
};

/** com.microsoft.MultiHeadAttention of queries, keys and values [B, T, h·d]. */
const multiHeadAttention: FusedRule = (call) => {
  const { b, node } = call;
  refuseInputs(call, [6, 7, 8, 9]);
  const heads = intOf(node, "num_heads", 0);
  const given = [required(call, 0), required(call, 1), required(call, 2)];
  if (given.some(({ shape }) => shape.length !== 3))
    throw unsupported(node, "its inputs are packed");
  const sizes = given.map((x) => numberOf(call, x.shape[2]));
  const bias = call.optional(3);
  const shifts = bias === undefined ? undefined : split(b, bias, sizes, 0);
  const shifted = given.map((x, i) => (shifts === undefined ? x : add(b, x, shifts[i])));
  const [q, k, v] = shifted.map((x) => toHeads(b, x, heads));
  const masks = masksOf(call, call.optional(4), q);
  const extra = call.optional(5);
  const all = extra === undefined ? masks : [extra, ...masks];
  return [fromHeads(b, attend(b, { q, k, v, scale: scaleOf(call, q), masks: all }))];
};

/** com.microsoft.GroupQueryAttention with an empty past: causal, with rotation and a window where it has them. */
const groupQueryAttention: FusedRule = (call) => {
  const { b, node } = call;
  refuseInputs(call, [11, 12, 13]);
  const [heads, few] = [intOf(node, "num_heads", 0), intOf(node, "kv_num_heads", 0)];
  const [q, k, v] = queriesKeysValues(call, heads, few);
  const places = call.optional(9) ?? positions(b, q);
  const rotates = intOf(node, "do_rotary", 0) === 1;
  const turned = (x: Value): Value => {
    if (!rotates) return x;
    const tables = { cos: required(call, 7), sin: required(call, 8) };
    const interleaved = intOf(node, "rotary_interleaved", 0) === 1;
    return rotate(b, x, { ...tables, positions: places, interleaved });
  };
  // The fifth input is the number of tokens less one.
  const last = unsqueeze(b, cast(b, reshape(b, required(call, 5), [-1]), "int64"), [1, 2, 3]);
  const inside = greaterOrEqual(b, last, unsqueeze(b, positions(b, q), [0, 1, 2]));
  const window = intOf(node, "local_window_size", -1);
  const bias = call.optional(10);
  const masks = [...(bias === undefined ? [] : [bias]), inside, earlier(b, q, Math.max(0, window))];
  const softcap = floatOf(node, "softcap", 0);
  const at = { q: turned(q), k: turned(k), v, scale: scaleOf(call, q), masks, softcap };
  return [fromHeads(b, attend(b, at)), at.k, v];
};

function queriesKeysValues(call: FusedCall, heads: number, few: number): Value[] {
  const { b } = call;
  const [first, key, value] = [required(call, 0), call.optional(1), call.optional(2)];
  if (key !== undefined && value !== undefined)
    return [toHeads(b, first, heads), toHeads(b, key, few), toHeads(b, value, few)];
  const size = numberOf(call, first.shape[2]) / (heads + 2 * few);
  const parts = split(b, first, [heads * size, few * size, few * size], 2);
  return parts.map((x, i) => toHeads(b, x, i === 0 ? heads : few));
}

/** ONNX's Attention (operator set 23). */
const plainAttention: FusedRule = (call) => {
  const { b, node } = call;
  refuseInputs(call, [4, 5, 6]);
  if (call.isRead(3)) throw unsupported(node, "its scores are read");
  const given = [required(call, 0), required(call, 1), required(call, 2)];
  const flat = given[0].shape.length === 3;
  const heads = intOf(node, "q_num_heads", 0);
  const few = intOf(node, "kv_num_heads", 0);
  const [q, k, v] = given.map((x, i) => toHeads(b, x, i === 0 ? heads : few));
  const mask = call.optional(3);
  const causal = intOf(node, "is_causal", 0) === 1 ? [earlier(b, q)] : [];
  const masks = [...(mask === undefined ? [] : [mask]), ...causal];
  const softcap = floatOf(node, "softcap", 0);
  const context = attend(b, { q, k, v, scale: scaleOf(call, q), masks, softcap });
  return [flat ? fromHeads(b, context) : context];
};

/** Fused attention, by domain and name. */
export const fusedAttention: Readonly<Record<string, FusedRule>> = {
  ":Attention": plainAttention,
  "com.microsoft:Attention": attention,
  "com.microsoft:MultiHeadAttention": multiHeadAttention,
  "com.microsoft:GroupQueryAttention": groupQueryAttention,
};
