import { invariant } from "../errors/internal.js";
import type { Graph } from "../graph/ir.js";
import { lower } from "../graph/lower.js";
import type { ModelProto } from "../onnx/model.js";

/**
 * A model with a graph's nodes added behind its own and with that graph's outputs as its only ones. Inputs of the graph are
 * values of the model by name; what the graph makes itself is renamed to `{prefix}/…`, its outputs excepted. The nodes must mean
 * the same in the model's operator set. Neither model nor graph is changed; weights are shared.
 */
export function appendGraph(model: ModelProto, graph: Graph, prefix: string): ModelProto {
  const added = lower(graph).graph;
  invariant(model.graph !== undefined && added !== undefined, "a model without a graph");
  const kept = new Set([...graph.inputs.map(({ name }) => name), ...graph.outputs, ""]);
  const rename = (name: string): string => (kept.has(name) ? name : `${prefix}/${name}`);
  const nodes = added.node.map((node) => ({
    ...node,
    name: rename(node.name),
    input: node.input.map(rename),
    output: node.output.map(rename),
  }));
  const initializers = added.initializer.map((tensor) => ({
    ...tensor,
    name: rename(tensor.name),
  }));
  return {
    ...model,
    graph: {
      ...model.graph,
      node: [...model.graph.node, ...nodes],
      initializer: [...model.graph.initializer, ...initializers],
      output: added.output,
    },
  };
}
