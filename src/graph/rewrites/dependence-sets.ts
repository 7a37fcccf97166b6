import type { Graph, Shape } from "../ir.js";

/** Operators whose result depends on the shapes of their inputs alone. */
const SHAPE_ONLY = ["Shape", "Size"];

/** Names of the values that are computed from one of the sources, by way of elements (not only of shapes). */
export function computedFrom(graph: Graph, sources: Iterable<string>): Set<string> {
  const reached = new Set(sources);
  for (const node of graph.nodes) {
    if (SHAPE_ONLY.includes(node.op)) continue;
    if (node.inputs.some((name) => reached.has(name))) {
      for (const name of node.outputs) if (name !== "") reached.add(name);
    }
  }
  return reached;
}

/** Whether the shape is [B, T, …] with B texts of T tokens and numbers behind them. */
export function isTokenShape(shape: Shape | undefined, text: Shape): boolean {
  return (
    shape !== undefined &&
    shape.length > 2 &&
    shape[0] === text[0] &&
    shape[1] === text[1] &&
    shape.slice(2).every((dim) => typeof dim === "number")
  );
}

/** Values that hold something of weights: computed from a float initializer of more than one number, or a float input. */
function weightedValues(graph: Graph): Set<string> {
  const weights = [...graph.initializers].filter(
    ([, { dtype, data }]) => dtype.startsWith("float") && data.length > 1,
  );
  const inputs = graph.inputs.filter(({ dtype }) => dtype.startsWith("float"));
  return computedFrom(graph, [...weights.map(([name]) => name), ...inputs.map(({ name }) => name)]);
}

/** The input [B, T] with token ids. */
const TOKEN_IDS = "input_ids";

/** Values that hold something of the texts: computed from token ids and from weights. */
export function contentValues(graph: Graph): Set<string> {
  const weighted = weightedValues(graph);
  return new Set([...computedFrom(graph, [TOKEN_IDS])].filter((name) => weighted.has(name)));
}

/** Token vectors [B, T, …] that depend on weights, by name, and everything computed from them. */
export function tokenValues(graph: Graph, text: Shape): Set<string> {
  const weighted = weightedValues(graph);
  const vectors = [...weighted].filter(
    (name) => !graph.initializers.has(name) && isTokenShape(graph.types.get(name)?.shape, text),
  );
  return computedFrom(graph, vectors);
}
