import type { GraphBuilder } from "../../graph/builder.js";
import type { Value } from "../../graph/ir.js";
import { add, cast, concat, mul, neg, scalar, slice, unsqueeze } from "../../graph/ops/index.js";
import { float32 } from "../../math/tensor.js";
import type { Turns } from "./rotary-turns.js";
import type { TextInputs } from "./text-inputs.js";

/** Cosines and sines of the angles by which pairs of features are turned: [1, 1, T, d]. */
export interface Rotation {
  readonly cos: Value;
  readonly sin: Value;
}

/** The angles of all positions. */
export function rotation(
  b: GraphBuilder,
  text: TextInputs,
  { frequencies, scale }: Turns,
): Rotation {
  const position = unsqueeze(b, cast(b, text.positions, "float32"), [1]);
  // A matrix and no vector, so that nobody takes them for a weight.
  const half = mul(b, position, b.constant(float32([1, frequencies.length], frequencies)));
  const angles = unsqueeze(b, concat(b, [half, half], 1), [0, 1]);
  const scaled = (x: Value): Value => (scale === 1 ? x : mul(b, x, scalar(b, scale, "float32")));
  return { cos: scaled(b.op("Cos", [angles])), sin: scaled(b.op("Sin", [angles])) };
}

/** x [B, h, T, d] with feature i and feature i + d/2 turned as a pair. */
export function rotate(b: GraphBuilder, x: Value, { cos, sin }: Rotation): Value {
  const half = Number(x.shape[3]) / 2;
  const first = slice(b, x, { axis: 3, start: 0, end: half });
  const second = slice(b, x, { axis: 3, start: half });
  const turned = concat(b, [neg(b, second), first], 3);
  return add(b, mul(b, x, cos), mul(b, turned, sin));
}
