import { stringOf } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import type { Graph, Value } from "../ir.js";
import { add, erf, exp, mul, scalarLike, sub, tanh, withSlope } from "../ops/index.js";
import { substitute } from "../rewrite.js";

/**
 * Writes Gelu so that its backward pass is one product: with the slope computed from what the forward pass has at hand.
 * Of t = x/√2, y·√2 = t·(1 + erf t) with slope 1 + erf t + t·2/√π·e^(−t²); the factors 1/√2 before and behind are left to
 * `joinLinear`, which takes them into the products around.
 */
export function expandGelu(graph: Graph): void {
  const b = new GraphBuilder(graph);
  const substitutes = new Map<string, string>();
  for (const node of [...graph.nodes]) {
    if (node.op !== "Gelu" || node.domain !== "") continue;
    const x = b.value(node.inputs[0]);
    const approximate = stringOf(node, "approximate", "none");
    const y = approximate === "tanh" ? tanhGelu(b, x) : exactGelu(b, x);
    substitutes.set(node.outputs[0], y.name);
  }
  substitute(graph, substitutes);
}

function exactGelu(b: GraphBuilder, x: Value): Value {
  const half = scalarLike(b, Math.SQRT1_2, x);
  const t = mul(b, x, half);
  const doubled = add(b, erf(b, t), scalarLike(b, 1, x));
  const y = mul(b, t, doubled);
  // The factor 2/√π is put into the exponent, which saves a pass over the tensor.
  const exponent = sub(b, scalarLike(b, Math.log(2 / Math.sqrt(Math.PI)), x), mul(b, t, t));
  const slope = add(b, doubled, mul(b, t, exp(b, exponent)));
  return mul(b, withSlope(b, y, { x: t, slope }), half);
}

/** 2y = x·(1 + tanh u), u = √(2/π)·(x + 0.044715 x³), with slope 1 + tanh u + x·(1 − tanh² u)·u′. */
function tanhGelu(b: GraphBuilder, x: Value): Value {
  const number = (c: number): Value => scalarLike(b, c, x);
  const c = Math.sqrt(2 / Math.PI);
  const square = mul(b, x, x);
  const cubic = mul(b, square, number(0.044715 * c));
  const t = tanh(b, mul(b, x, add(b, cubic, number(c))));
  const doubled = add(b, t, number(1));
  const y = mul(b, x, doubled);
  const du = add(b, mul(b, cubic, number(3)), number(c));
  const bend = mul(b, mul(b, x, du), sub(b, number(1), mul(b, t, t)));
  return mul(b, withSlope(b, y, { x, slope: add(b, doubled, bend) }), number(0.5));
}
