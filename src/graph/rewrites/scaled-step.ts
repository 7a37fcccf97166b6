import type { Node } from "../ir.js";
import { type GraphIndex, scalarOf } from "../readers-writers.js";

/** x and c of a node that computes c · x. */
export function scaledStep(
  m: GraphIndex,
  node: Node,
): { readonly name: string; readonly scale: number } | undefined {
  if (node.domain !== "") return undefined;
  const [x, y] = node.inputs;
  const second = scalarOf(m, y);
  if (node.op === "Div" && second !== undefined) return { name: x, scale: 1 / second };
  if (node.op !== "Mul") return undefined;
  if (second !== undefined) return { name: x, scale: second };
  const first = scalarOf(m, x);
  return first === undefined ? undefined : { name: y, scale: first };
}
