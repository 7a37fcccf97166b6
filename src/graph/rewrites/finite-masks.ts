import type { Tensor } from "../../math/tensor.js";
import { tensorOf } from "../attributes.js";
import type { Graph } from "../ir.js";
import type { RewriteNote } from "../rewrite.js";

/** Takes all of a softmax's weight away, as −∞ does, and stays finite when added to itself. */
const LOWEST = -1e30;

/**
 * Puts −1e30 in the place of −∞ in constants. The softmax of a row with any key left is the same to the last bit; a row without one (padding far
 * from the text under a local window) has a mean in the place of NaN, whose gradient would be NaN throughout.
 */
export function finiteMasks(graph: Graph): RewriteNote {
  let applied = 0;
  for (const [name, tensor] of graph.initializers) {
    const finite = withoutInfinity(tensor);
    if (finite === undefined) continue;
    graph.initializers.set(name, finite);
    applied += 1;
  }
  for (const [i, node] of graph.nodes.entries()) {
    const value = node.op === "ConstantOfShape" ? tensorOf(node, "value") : undefined;
    const finite = value && withoutInfinity(value);
    if (finite === undefined) continue;
    graph.nodes[i] = { ...node, attributes: { value: { kind: "tensor", value: finite } } };
    applied += 1;
  }
  return { name: "finite masks", applied, note: "" };
}

/** The tensor with −1e30 for −∞; undefined where it has none. */
function withoutInfinity(tensor: Tensor): Tensor | undefined {
  const { dtype, data } = tensor;
  if (dtype !== "float32" && dtype !== "float64") return undefined;
  const numbers = data as Float32Array | Float64Array;
  if (!numbers.includes(Number.NEGATIVE_INFINITY)) return undefined;
  return {
    ...tensor,
    data: numbers.map((x) => (x === Number.NEGATIVE_INFINITY ? LOWEST : x)),
  };
}
