import { intsOf } from "../attributes.js";
import type { Graph, Node } from "../ir.js";
import { plainNode } from "../lower.js";
import { producers } from "../readers-writers.js";
import { mergeCommon, removeDead, replaceValues } from "../rewrite.js";

/**
 * Prepares a finished graph for a session: the engine's own operators become what they compute, copies and pairs of
 * transpositions that undo each other go, equal nodes are merged, and what no output needs is dropped, inputs included.
 */
export function tidy(graph: Graph): void {
  const plain = graph.nodes.map(plainNode);
  graph.nodes.splice(0, graph.nodes.length, ...plain);
  replaceValues(graph, copies(graph));
  removeDead(graph);
  mergeCommon(graph);
  removeDead(graph);
  dropUnreadInputs(graph);
}

/** Values that are another one under a second name, outputs of the graph apart: they keep theirs. */
function copies(graph: Graph): Map<string, string> {
  const writers = producers(graph);
  const same = new Map<string, string>();
  for (const node of graph.nodes) {
    const original = node.op === "Identity" ? node.inputs[0] : undoneTransposition(writers, node);
    const [copy] = node.outputs as [string];
    if (original !== undefined && !graph.outputs.includes(copy)) same.set(copy, original);
  }
  return same;
}

/** x of Transpose(Transpose(x)) where the two permutations cancel. */
function undoneTransposition(writers: ReadonlyMap<string, Node>, node: Node): string | undefined {
  const before = node.op === "Transpose" ? writers.get(node.inputs[0]) : undefined;
  if (before?.op !== "Transpose") return undefined;
  const [first, second] = [intsOf(before, "perm"), intsOf(node, "perm")];
  const undone = second?.every((axis, i) => first?.[axis] === i);
  return undone ? before.inputs[0] : undefined;
}

function dropUnreadInputs(graph: Graph): void {
  const read = new Set([...graph.outputs, ...graph.nodes.flatMap((node) => node.inputs)]);
  const kept = graph.inputs.filter(({ name }) => read.has(name));
  for (const { name } of graph.inputs) if (!read.has(name)) graph.types.delete(name);
  graph.inputs.splice(0, graph.inputs.length, ...kept);
}
