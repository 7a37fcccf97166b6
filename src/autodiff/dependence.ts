import type { Graph, Node } from "../graph/ir.js";
import { isConstantOperator } from "./rules.js";

/** A node that gradients flow through, with its place in the graph. */
export interface Step {
  readonly node: Node;
  readonly index: number;
}

/** What lies between the parameters and the loss. */
interface Dependence {
  /** Nodes on a path from a parameter to the loss, in the order in which they run. */
  readonly steps: readonly Step[];
  /** Values that depend on a parameter by way of nodes with a slope; the parameters themselves. */
  readonly active: ReadonlySet<string>;
}

const FLOATS: ReadonlySet<string> = new Set(["float32", "float64", "float16"]);

function isFloat(graph: Graph, name: string): boolean {
  return FLOATS.has(graph.types.get(name)?.dtype ?? "");
}

/** Nodes and values between the parameters `wrt` and the loss: only they get gradients. */
export function dependence(graph: Graph, loss: string, wrt: readonly string[]): Dependence {
  const active = new Set(wrt);
  for (const node of graph.nodes) {
    if (isConstantOperator(node) || !node.inputs.some((name) => active.has(name))) continue;
    for (const name of node.outputs) if (isFloat(graph, name)) active.add(name);
  }
  const steps: Step[] = [];
  const needed = new Set([loss]);
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const node = graph.nodes[index];
    if (!node.outputs.some((name) => needed.has(name) && active.has(name))) continue;
    steps.push({ node, index });
    for (const name of node.inputs) if (active.has(name)) needed.add(name);
  }
  return { steps: steps.reverse(), active };
}

/**
 * Which of the names the loss depends on by way of nodes with a slope: those that `valueAndGrad` can
 * differentiate with respect to. (A pooler that no loss reads is not among them.)
 */
export function influential(graph: Graph, loss: string, names: readonly string[]): string[] {
  const { steps } = dependence(graph, loss, names);
  const read = new Set(steps.flatMap((step) => step.node.inputs));
  return names.filter((name) => name === loss || read.has(name));
}
