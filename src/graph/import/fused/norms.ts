import { floatOf, intOf } from "../../attributes.js";
import type { GraphBuilder } from "../../builder.js";
import type { Value } from "../../ir.js";
import {
  add,
  cast,
  dimOf,
  gather,
  gelu,
  layerNormalization,
  matmul,
  mul,
  range,
  reciprocal,
  reduceMean,
  reduceSum,
  scalarLike,
  sigmoid,
  sqrt,
  transpose,
} from "../../ops/index.js";
import { unsupported } from "../source.js";
import { type FusedRule, refuseInputs, required } from "./call.js";

/** x / √(mean x² + ε) · γ over the last axis (Zhang & Sennrich 2019). */
function rms(b: GraphBuilder, x: Value, at: { scale: Value; epsilon: number }): Value {
  const square = reduceMean(b, mul(b, x, x), { axes: [-1], keepDims: true });
  const deviation = sqrt(b, add(b, square, scalarLike(b, at.epsilon, x)));
  return mul(b, mul(b, x, reciprocal(b, deviation)), at.scale);
}

const rmsNormalization: FusedRule = (call) => {
  const { b, node } = call;
  const [x, scale] = [required(call, 0), required(call, 1)];
  const axis = intOf(node, "axis", -1);
  if (axis !== -1 && axis !== x.shape.length - 1)
    throw unsupported(node, `axis ${axis} is not the last`);
  return [rms(b, x, { scale, epsilon: floatOf(node, "epsilon", 1e-5) })];
};

/** x + skip (+ bias): what the Skip forms normalise, and their fourth output. */
function skipped(call: Parameters<FusedRule>[0], bias: number): Value {
  const sum = add(call.b, required(call, 0), required(call, 1));
  const shift = call.optional(bias);
  return shift === undefined ? sum : add(call.b, sum, shift);
}

const skipRms: FusedRule = (call) => {
  const sum = skipped(call, 3);
  const at = { scale: required(call, 2), epsilon: floatOf(call.node, "epsilon", 1e-12) };
  return [rms(call.b, sum, at), undefined, undefined, sum];
};

const skipLayerNormalization: FusedRule = (call) => {
  const sum = skipped(call, 4);
  const options = {
    scale: required(call, 2),
    epsilon: floatOf(call.node, "epsilon", 1e-12),
    bias: call.optional(3),
  };
  return [normalized(call.b, sum, options), undefined, undefined, sum];
};

function normalized(
  b: GraphBuilder,
  x: Value,
  { scale, bias, epsilon }: { scale: Value; bias: Value | undefined; epsilon: number },
): Value {
  return layerNormalization(
    b,
    x,
    bias === undefined ? { scale, epsilon } : { scale, bias, epsilon },
  );
}

/** Word, position and type embeddings, summed and normalised; the second output counts each text's tokens. */
const embedLayerNormalization: FusedRule = (call) => {
  const { b, optional, node } = call;
  const [ids, types] = [required(call, 0), optional(1)];
  const [words, positions, segments] = [required(call, 2), required(call, 3), optional(4)];
  const places = optional(8) ?? range(b, dimOf(b, ids, 1));
  const bare = add(b, gather(b, words, ids), gather(b, positions, places));
  const typed = types !== undefined && segments !== undefined;
  const sum = typed ? add(b, bare, gather(b, segments, types)) : bare;
  const options = {
    scale: required(call, 5),
    bias: optional(6),
    epsilon: floatOf(node, "epsilon", 1e-12),
  };
  const mask = optional(7);
  const counts = mask && cast(b, reduceSum(b, mask, { axes: [1] }), "int32");
  return [normalized(b, sum, options), counts, sum];
};

const biasGelu: FusedRule = (call) => [
  gelu(call.b, add(call.b, required(call, 0), required(call, 1))),
];

const fastGelu: FusedRule = (call) => {
  const [x, bias] = [required(call, 0), call.optional(1)];
  return [gelu(call.b, bias === undefined ? x : add(call.b, x, bias), "tanh")];
};

const plainGelu: FusedRule = (call) => [gelu(call.b, required(call, 0))];

/** x · σ(α x) */
const quickGelu: FusedRule = (call) => {
  const x = required(call, 0);
  const alpha = floatOf(call.node, "alpha", 1.702);
  return [mul(call.b, x, sigmoid(call.b, mul(call.b, x, scalarLike(call.b, alpha, x))))];
};

/** α · x · y, the last two axes of each transposed when asked to. */
const fusedMatMul: FusedRule = (call) => {
  const { b, node } = call;
  refuseInputs(call, [2]);
  const turned = (i: number, attribute: string): Value => {
    const x = required(call, i);
    if (intOf(node, attribute, 0) === 0) return x;
    const rank = x.shape.length;
    const perm = [...Array.from({ length: rank - 2 }, (_, k) => k), rank - 1, rank - 2];
    return transpose(b, x, perm);
  };
  if (intOf(node, "transBatchA", 0) + intOf(node, "transBatchB", 0) > 0)
    throw unsupported(node, "it transposes batches");
  const product = matmul(b, turned(0, "transA"), turned(1, "transB"));
  const alpha = floatOf(node, "alpha", 1);
  return [alpha === 1 ? product : mul(b, product, scalarLike(b, alpha, product))];
};

/** Fused operators beside attention, by domain and name. */
export const fusedNorms: Readonly<Record<string, FusedRule>> = {
  ":RMSNormalization": rmsNormalization,
  ":SimplifiedLayerNormalization": rmsNormalization,
  "com.microsoft:SimplifiedLayerNormalization": rmsNormalization,
  "com.microsoft:SkipSimplifiedLayerNormalization": skipRms,
  "com.microsoft:SkipLayerNormalization": skipLayerNormalization,
  "com.microsoft:EmbedLayerNormalization": embedLayerNormalization,
  "com.microsoft:BiasGelu": biasGelu,
  "com.microsoft:FastGelu": fastGelu,
  "com.microsoft:Gelu": plainGelu,
  "com.microsoft:QuickGelu": quickGelu,
  "com.microsoft:FusedMatMul": fusedMatMul,
};
