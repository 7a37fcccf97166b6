import { intOf } from "../../attributes.js";
import type { GraphBuilder } from "../../builder.js";
import type { Shape, Value } from "../../ir.js";
import {
  add,
  concat,
  dimOf,
  gather,
  mul,
  range,
  reshape,
  slice,
  sub,
  transpose,
  unsqueeze,
} from "../../ops/index.js";
import { unsupported } from "../source.js";
import { type FusedRule, numberOf, required } from "./call.js";

/** Cosines and sines of a rotation, and how pairs of features are chosen. */
interface Rotation {
  /** [positions, r/2]; without `positions`, [B, T, r/2]. */
  readonly cos: Value;
  readonly sin: Value;
  /** [T] or [B, T] */
  readonly positions: Value | undefined;
  /** Whether pairs stand side by side; else the first half of the features with the second. */
  readonly interleaved: boolean;
}

/** Rotates the first r features of heads [B, h, T, d] by position (Su 2021, RoFormer, section 3.4). */
export function rotate(b: GraphBuilder, x: Value, rotation: Rotation): Value {
  const { positions, interleaved } = rotation;
  const [cos, sin] = [rotation.cos, rotation.sin].map((table) => {
    const rows = positions === undefined ? table : gather(b, table, positions);
    return rows.shape.length === 2 ? rows : unsqueeze(b, rows, [1]);
  });
  const half = Number(cos.shape[cos.shape.length - 1]);
  const size = Number(x.shape[3]);
  const cut = (from: Value, start: number, end: number, step = 1): Value =>
    slice(b, from, { axis: 3, start, end, step });
  const turned = 2 * half === size ? x : cut(x, 0, 2 * half);
  const first = interleaved ? cut(turned, 0, 2 * half, 2) : cut(turned, 0, half);
  const second = interleaved ? cut(turned, 1, 2 * half, 2) : cut(turned, half, 2 * half);
  const real = sub(b, mul(b, first, cos), mul(b, second, sin));
  const other = add(b, mul(b, first, sin), mul(b, second, cos));
  const joined = interleaved ? woven(b, real, other) : concat(b, [real, other], 3);
  return 2 * half === size ? joined : concat(b, [joined, cut(x, 2 * half, size)], 3);
}

/** The features of two tensors in turn. */
function woven(b: GraphBuilder, x: Value, y: Value): Value {
  const [B, h, T, half] = x.shape;
  const pairs = concat(b, [unsqueeze(b, x, [4]), unsqueeze(b, y, [4])], 4);
  const shape: Shape = [B, h, T, 2 * Number(half)];
  return reshape(b, pairs, [0, 0, 0, 2 * Number(half)], shape);
}

/** com.microsoft.RotaryEmbedding: x, positions, cosines, sines. */
const microsoftRotary: FusedRule = (call) => {
  const { b, node } = call;
  if (intOf(node, "is_packed_batching", 0) === 1) throw unsupported(node, "its batch is packed");
  const [x, given] = [required(call, 0), required(call, 1)];
  const tables = { cos: required(call, 2), sin: required(call, 3) };
  const heads = headsOf(x, intOf(node, "num_heads", 0), 2 * numberOf(call, tables.cos.shape[1]));
  const interleaved = intOf(node, "interleaved", 0) === 1;
  const t = range(b, dimOf(b, x, x.shape.length - 2));
  const positions = given.shape.length === 1 ? add(b, given, t) : given;
  return [inHeads(b, x, heads, (y) => rotate(b, y, { ...tables, positions, interleaved }))];
};

/** ONNX's RotaryEmbedding (operator set 23): x, cosines, sines, positions. */
const plainRotary: FusedRule = (call) => {
  const { b, node } = call;
  const x = required(call, 0);
  const tables = { cos: required(call, 1), sin: required(call, 2) };
  const heads = headsOf(
    x,
    intOf(node, "num_heads", 0),
    2 * numberOf(call, tables.cos.shape.at(-1)),
  );
  const interleaved = intOf(node, "interleaved", 0) === 1;
  const positions = call.optional(3);
  return [inHeads(b, x, heads, (y) => rotate(b, y, { ...tables, positions, interleaved }))];
};

/** Heads of [B, T, h·d]: as told, or as wide as what is rotated. */
function headsOf(x: Value, told: number, rotated: number): number {
  return told > 0 || x.shape.length === 4 ? told : Number(x.shape[2]) / rotated;
}

/** A function of heads [B, h, T, d], of a tensor that may be [B, T, h·d]. */
function inHeads(b: GraphBuilder, x: Value, heads: number, f: (y: Value) => Value): Value {
  if (x.shape.length === 4) return f(x);
  const [B, T, width] = x.shape;
  const size = Number(width) / heads;
  const cut = reshape(b, x, [0, 0, heads, size], [B, T, heads, size]);
  const turned = transpose(b, f(transpose(b, cut, [0, 2, 1, 3])), [0, 2, 1, 3]);
  return reshape(b, turned, [0, 0, Number(width)], x.shape);
}

/** Fused rotations, by domain and name. */
export const fusedRotary: Readonly<Record<string, FusedRule>> = {
  ":RotaryEmbedding": plainRotary,
  "com.microsoft:RotaryEmbedding": microsoftRotary,
};
