import { intOf } from "../attributes.js";
import { broadcastShapes } from "../dimension.js";
import type { Dim, Shape, Value } from "../ir.js";
import { type Call, fail, input, spellShape, type TypeRule } from "./call.js";

/** Inner dimensions must agree where both are known. */
function checkInner(call: Call, x: Dim, y: Dim): void {
  if (typeof x === "number" && typeof y === "number" && x !== y) {
    fail(call, `inner dimensions ${x} and ${y} differ`);
  }
}

function checkTypes(call: Call, x: Value, y: Value): void {
  if (x.dtype !== y.dtype) fail(call, `element types differ: ${x.dtype} and ${y.dtype}`);
}

/** numpy's matmul: a vector on either side gains, then loses, a dimension. */
function productShape(call: Call, x: Shape, y: Shape): Shape {
  const left = x.length === 1 ? [1, ...x] : x;
  const right = y.length === 1 ? [...y, 1] : y;
  checkInner(call, left.at(-1)!, right.at(-2)!);
  const batch =
    broadcastShapes(left.slice(0, -2), right.slice(0, -2)) ??
    fail(call, `shapes ${spellShape(x)} and ${spellShape(y)} do not broadcast`);
  const rows = x.length === 1 ? [] : [left.at(-2)!];
  const columns = y.length === 1 ? [] : [right.at(-1)!];
  return [...batch, ...rows, ...columns];
}

const matmul: TypeRule = (call) => {
  const [x, y] = [input(call, 0), input(call, 1)];
  checkTypes(call, x, y);
  if (x.shape.length === 0 || y.shape.length === 0) fail(call, "a factor is a scalar");
  return [{ dtype: x.dtype, shape: productShape(call, x.shape, y.shape) }];
};

const swapLast = (shape: Shape): Shape => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!];

const gemm: TypeRule = (call) => {
  const [x, y] = [input(call, 0), input(call, 1)];
  checkTypes(call, x, y);
  if (x.shape.length !== 2 || y.shape.length !== 2) fail(call, "its factors must be matrices");
  const left = intOf(call.node, "transA", 0) ? swapLast(x.shape) : x.shape;
  const right = intOf(call.node, "transB", 0) ? swapLast(y.shape) : y.shape;
  return [{ dtype: x.dtype, shape: productShape(call, left, right) }];
};

/** Operators that multiply matrices. */
export const LINEAR: Readonly<Record<string, TypeRule>> = { MatMul: matmul, Gemm: gemm };
