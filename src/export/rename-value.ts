import { invariant } from "../errors/internal.js";
import type { ModelProto } from "../onnx/model.js";

/**
 * The model with the value `from` called `to` wherever a node of its graph writes or reads it, and a node of that name with it; its list of outputs is left as
 * it is. The original is not changed; weights are shared.
 */
export function renameValue(model: ModelProto, from: string, to: string): ModelProto {
  const { graph } = model;
  invariant(graph !== undefined, "a model without a graph");
  const swap = (name: string): string => (name === from ? to : name);
  const node = graph.node.map((original) =>
    original.output.includes(from) || original.input.includes(from)
      ? {
          ...original,
          name: swap(original.name),
          input: original.input.map(swap),
          output: original.output.map(swap),
        }
      : original,
  );
  invariant(
    node.some(({ output }) => output.includes(to)),
    `no node of the model writes "${from}"`,
  );
  return { ...model, graph: { ...graph, node } };
}
