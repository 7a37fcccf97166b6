import { invariant } from "../errors/internal.js";
import type { ModelProto } from "../onnx/model.js";

/**
 * `wanted`, or `wanted_2`, `wanted_3`, … : the first that is no name of the model's values, weights and nodes and no folder of
 * one (`name/…`). A model that was exported before has the names of its first head.
 */
export function freeName({ graph }: ModelProto, wanted: string): string {
  invariant(graph !== undefined, "a model without a graph");
  const taken = [
    ...graph.node.flatMap(({ name, output }) => [name, ...output]),
    ...[...graph.input, ...graph.initializer].map(({ name }) => name),
  ];
  const isFree = (name: string): boolean =>
    !taken.some((one) => one === name || one.startsWith(`${name}/`));
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}_${n}`;
    if (isFree(name)) return name;
  }
}
