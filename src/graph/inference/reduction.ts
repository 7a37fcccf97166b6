import { intOf, intsOf } from "../attributes.js";
import type { Shape, TensorType } from "../ir.js";
import {
  type Call,
  input,
  numbersIn,
  optionalInput,
  replaceDim,
  requiredNumbers,
  resolveAxis,
  type TypeRule,
  unknown,
} from "./call.js";
import { unary } from "./elementwise.js";

/** The reduced axes as indices from 0: given as an input, or as an attribute before opset 18; all when absent. */
function reducedAxes(call: Call, rank: number): readonly number[] {
  const given = optionalInput(call, 1) ? requiredNumbers(call, 1) : intsOf(call.node, "axes");
  const all = Array.from({ length: rank }, (_, i) => i);
  if (given === undefined || given.length === 0) {
    return intOf(call.node, "noop_with_empty_axes", 0) === 1 ? [] : all;
  }
  return given.map((axis) => resolveAxis(call, axis, rank));
}

function reducedShape(shape: Shape, axes: readonly number[], keep: boolean): Shape {
  if (keep) return shape.map((dim, i) => (axes.includes(i) ? 1 : dim));
  return shape.filter((_, i) => !axes.includes(i));
}

const reduce: TypeRule = (call) => {
  const x = input(call, 0);
  const keep = intOf(call.node, "keepdims", 1) === 1;
  return [
    { dtype: x.dtype, shape: reducedShape(x.shape, reducedAxes(call, x.shape.length), keep) },
  ];
};

const argReduce: TypeRule = (call) => {
  const { shape } = input(call, 0);
  const axis = resolveAxis(call, intOf(call.node, "axis", 0), shape.length);
  const keep = intOf(call.node, "keepdims", 1) === 1;
  return [{ dtype: "int64", shape: reducedShape(shape, [axis], keep) }];
};

const topK: TypeRule = (call) => {
  const x = input(call, 0);
  const axis = resolveAxis(call, intOf(call.node, "axis", -1), x.shape.length);
  const shape = replaceDim(x.shape, axis, numbersIn(call, 1)?.[0] ?? unknown(call, axis));
  return [
    { dtype: x.dtype, shape },
    { dtype: "int64", shape },
  ];
};

const layerNormalization: TypeRule = (call) => {
  const x = input(call, 0);
  const axis = resolveAxis(call, intOf(call.node, "axis", -1), x.shape.length);
  const shape = x.shape.map((dim, i) => (i < axis ? dim : 1));
  const statistics: TensorType = { dtype: "float32", shape };
  return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics].slice(
    0,
    call.node.outputs.length,
  );
};

/** Operators that reduce or normalise along axes. */
export const REDUCTIONS: Readonly<Record<string, TypeRule>> = {
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceL2: reduce,
  ReduceSumSquare: reduce,
  ArgMax: argReduce,
  ArgMin: argReduce,
  TopK: topK,
  Softmax: unary,
  LogSoftmax: unary,
  CumSum: unary,
  LayerNormalization: layerNormalization,
};
