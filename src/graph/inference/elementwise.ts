import type { DType } from "../../math/tensor.js";
import { dtypeOf } from "../../onnx/element-type.js";
import { intOf } from "../attributes.js";
import { broadcastShapes } from "../dimension.js";
import type { Shape, Value } from "../ir.js";
import { type Call, fail, input, spellShape, type TypeRule } from "./call.js";

function inputs(call: Call): Value[] {
  return call.node.inputs.map((_, i) => input(call, i));
}

function broadcast(call: Call, values: readonly Value[]): Shape {
  let shape: Shape = [];
  for (const value of values) {
    shape =
      broadcastShapes(shape, value.shape) ??
      fail(call, `shapes ${values.map((v) => spellShape(v.shape)).join(" and ")} do not broadcast`);
  }
  return shape;
}

function sameType(call: Call, values: readonly Value[]): DType {
  const dtype = values[0].dtype;
  if (values.some((v) => v.dtype !== dtype)) {
    fail(call, `element types differ: ${values.map((v) => v.dtype).join(" and ")}`);
  }
  return dtype;
}

/** Type and shape of the first input. */
export const unary: TypeRule = (call) => {
  const { dtype, shape } = input(call, 0);
  return [{ dtype, shape }];
};

const predicate: TypeRule = (call) => [{ dtype: "bool", shape: input(call, 0).shape }];

const arithmetic: TypeRule = (call) => {
  const values = inputs(call);
  return [{ dtype: sameType(call, values), shape: broadcast(call, values) }];
};

const power: TypeRule = (call) => {
  const values = inputs(call);
  return [{ dtype: values[0].dtype, shape: broadcast(call, values) }];
};

const comparison: TypeRule = (call) => {
  const values = inputs(call);
  sameType(call, values);
  return [{ dtype: "bool", shape: broadcast(call, values) }];
};

const where: TypeRule = (call) => {
  const [condition, x, y] = inputs(call) as [Value, Value, Value];
  if (condition.dtype !== "bool") fail(call, `its condition is ${condition.dtype}, not bool`);
  return [{ dtype: sameType(call, [x, y]), shape: broadcast(call, [condition, x, y]) }];
};

/** The element type named by an attribute of ONNX's type numbers. */
export function dtypeAttribute(call: Call, name: string, fallback: DType): DType {
  const code = intOf(call.node, name, -1);
  if (code === -1) return fallback;
  return dtypeOf(code) ?? fail(call, `element type ${code} is not supported`);
}

const cast: TypeRule = (call) => {
  const x = input(call, 0);
  return [{ dtype: dtypeAttribute(call, "to", x.dtype), shape: x.shape }];
};

const castLike: TypeRule = (call) => [{ dtype: input(call, 1).dtype, shape: input(call, 0).shape }];

function table(names: string, rule: TypeRule): [string, TypeRule][] {
  return names.split(" ").map((name) => [name, rule]);
}

/** Operators that work element by element. */
export const ELEMENTWISE: Readonly<Record<string, TypeRule>> = Object.fromEntries([
  ...table("Neg Abs Sign Exp Log Sqrt Reciprocal Erf Floor Ceil Round Sin Cos", unary),
  ...table("Sigmoid Tanh Relu Gelu Softplus Clip Not Identity", unary),
  ...table("embtune:StopGradient embtune:Dropout embtune:WithSlope", unary),
  ...table("IsNaN", predicate),
  ...table("Add Sub Mul Div Mod Min Max And Or Xor", arithmetic),
  ...table("Pow", power),
  ...table("Equal Less LessOrEqual Greater GreaterOrEqual", comparison),
  ...table("Where", where),
  ...table("Cast", cast),
  ...table("CastLike", castLike),
]);
