import type { DType } from "../../math/tensor.js";
import { elementType } from "../../onnx/element-type.js";
import type { GraphBuilder } from "../builder.js";
import { int, type Value } from "../ir.js";

/** x = y elementwise, bool. */
export const equal = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Equal", [x, y]);

/** x < y elementwise, bool. */
export const less = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Less", [x, y]);

/** x ≤ y elementwise, bool. */
export const lessOrEqual = (b: GraphBuilder, x: Value, y: Value): Value =>
  b.op("LessOrEqual", [x, y]);

/** x > y elementwise, bool. */
export const greater = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Greater", [x, y]);

/** x ≥ y elementwise, bool. */
export const greaterOrEqual = (b: GraphBuilder, x: Value, y: Value): Value =>
  b.op("GreaterOrEqual", [x, y]);

/** x ∧ y of truth values. */
export const and = (b: GraphBuilder, x: Value, y: Value): Value => b.op("And", [x, y]);

/** x ∨ y of truth values. */
export const or = (b: GraphBuilder, x: Value, y: Value): Value => b.op("Or", [x, y]);

/** ¬x. */
export const not = (b: GraphBuilder, x: Value): Value => b.op("Not", [x]);

/** x where the condition holds, else y; all three broadcast. */
export function where(b: GraphBuilder, condition: Value, x: Value, y: Value): Value {
  return b.op("Where", [condition, x, y]);
}

/** x converted to another element type; x itself when it has it already. */
export function cast(b: GraphBuilder, x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  return b.op("Cast", [x], { attributes: { to: int(elementType(dtype)) } });
}

/** x under another name. */
export const identity = (b: GraphBuilder, x: Value): Value => b.op("Identity", [x]);

/** x, through which no gradient passes. Written as Identity when the graph is serialised. */
export const stopGradient = (b: GraphBuilder, x: Value): Value =>
  b.op("StopGradient", [x], { domain: "embtune" });
