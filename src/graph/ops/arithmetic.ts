import { float32, float64, int64, type Tensor } from "../../math/tensor.js";
import type { GraphBuilder } from "../builder.js";
import { string, type Value } from "../ir.js";

/** Number types in which a constant can be written. */
export type NumberType = "float32" | "float64" | "int64";

/** A tensor of the given type from numbers. */
export function numbers(
  dtype: NumberType,
  shape: readonly number[],
  values: readonly number[],
): Tensor {
  if (dtype === "float32") return float32(shape, values);
  return dtype === "float64" ? float64(shape, values) : int64(shape, values);
}

/** The constant `x` as a scalar of the given type; broadcasts against everything. */
export function scalar(b: GraphBuilder, x: number, dtype: NumberType): Value {
  return b.constant(numbers(dtype, [], [x]));
}

/** The constant `x` as a scalar of the type of `like`. */
export function scalarLike(b: GraphBuilder, x: number, like: Value): Value {
  return scalar(b, x, like.dtype as NumberType);
}

/** x + y, broadcast. */
export const add = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Add", [x, y]);

/** x − y, broadcast. */
export const sub = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Sub", [x, y]);

/** x · y elementwise, broadcast. */
export const mul = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Mul", [x, y]);

/** x / y, broadcast; truncates toward zero for integers. */
export const div = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Div", [x, y]);

/** x^y, broadcast; the result has the type of x. */
export const pow = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Pow", [x, y]);

/** min(x, y) elementwise, broadcast. */
export const minimum = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Min", [x, y]);

/** max(x, y) elementwise, broadcast. */
export const maximum = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Max", [x, y]);

/** −x. */
export const neg = (b: GraphBuilder, x: Value): Value => b.op("Neg", [x]);

/** e^x. */
export const exp = (b: GraphBuilder, x: Value): Value => b.op("Exp", [x]);

/** Natural logarithm. */
export const log = (b: GraphBuilder, x: Value): Value => b.op("Log", [x]);

/** √x. */
export const sqrt = (b: GraphBuilder, x: Value): Value => b.op("Sqrt", [x]);

/** |x|. */
export const abs = (b: GraphBuilder, x: Value): Value => b.op("Abs", [x]);

/** −1, 0 or 1. */
export const sign = (b: GraphBuilder, x: Value): Value => b.op("Sign", [x]);

/** 1 / x. */
export const reciprocal = (b: GraphBuilder, x: Value): Value => b.op("Reciprocal", [x]);

/** Gauss's error function. ONNX Runtime has it in float32 only. */
export const erf = (b: GraphBuilder, x: Value): Value => b.op("Erf", [x]);

/** σ(x) = 1 / (1 + e^−x). */
export const sigmoid = (b: GraphBuilder, x: Value): Value => b.op("Sigmoid", [x]);

/** Hyperbolic tangent. */
export const tanh = (b: GraphBuilder, x: Value): Value => b.op("Tanh", [x]);

/** max(x, 0). */
export const relu = (b: GraphBuilder, x: Value): Value => b.op("Relu", [x]);

/**
 * Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016), or its tanh approximation
 * ½x(1 + tanh(√(2/π)(x + 0.044715x³))). ONNX Runtime has it in float32 only.
 */
export function gelu(b: GraphBuilder, x: Value, approximate: "none" | "tanh" = "none"): Value {
  return b.op("Gelu", [x], { attributes: { approximate: string(approximate) } });
}
