import { internal } from "../errors/internal.js";
import type { Tensor } from "../math/tensor.js";
import type { Graph } from "./ir.js";

/** Names of the floating-point initializers with at least `smallest` elements: the weights of a model. */
export function weightNames(graph: Graph, smallest = 2): string[] {
  return [...graph.initializers]
    .filter(([, { dtype, data }]) => dtype.startsWith("float") && data.length >= smallest)
    .map(([name]) => name);
}

/**
 * Makes initializers inputs of the graph, so that they can be changed without a new session, and returns their
 * tensors (not copied) in the order of `names`.
 */
export function initializersToInputs(graph: Graph, names: readonly string[]): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  for (const name of names) {
    const tensor = graph.initializers.get(name);
    if (tensor === undefined) internal(`the graph has no initializer named "${name}"`);
    graph.initializers.delete(name);
    graph.inputs.push({ name, dtype: tensor.dtype, shape: tensor.shape });
    tensors.set(name, tensor);
  }
  return tensors;
}
