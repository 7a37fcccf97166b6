import type { Graph, Shape } from "../ir.js";
import { cloneGraph, removeDead } from "../rewrite.js";
import { computedFrom, contentValues, isTokenShape } from "./dependence-sets.js";

/** A graph cut in two at one value. */
interface SplitGraph {
  /** Everything before: its output is the boundary. */
  readonly prefix: Graph;
  /** Everything behind: the boundary is an input. What it needs besides (masks, position biases) it computes itself. */
  readonly suffix: Graph;
}

/**
 * Cuts the graph at the token vectors `boundary` [B, T, H]; undefined when other token vectors pass the cut as well, as
 * they do where layers normalise their input and keep the residual apart. `text` is [B, T]. The graph is not changed.
 */
export function splitAt(graph: Graph, boundary: string, text: Shape): SplitGraph | undefined {
  const prefix = cloneGraph(graph);
  prefix.outputs.splice(0, prefix.outputs.length, boundary);
  removeDead(prefix);
  const suffix = cloneGraph(graph);
  const type = graph.types.get(boundary)!;
  const kept = suffix.nodes.filter(({ outputs }) => !outputs.includes(boundary));
  suffix.nodes.splice(0, suffix.nodes.length, ...kept);
  suffix.inputs.push({ name: boundary, ...type });
  removeDead(suffix);
  return passesBeside(suffix, boundary, text) ? undefined : { prefix, suffix };
}

/** Whether the suffix computes token vectors that do not come from the boundary. */
function passesBeside(suffix: Graph, boundary: string, text: Shape): boolean {
  const content = contentValues(suffix);
  const behind = computedFrom(suffix, [boundary]);
  const computed = suffix.nodes.flatMap(({ outputs }) => outputs);
  return computed.some(
    (name) =>
      content.has(name) && !behind.has(name) && isTokenShape(suffix.types.get(name)?.shape, text),
  );
}
