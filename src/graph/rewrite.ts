import { internal } from "../errors/internal.js";
import type { Graph, Node } from "./ir.js";
import { producers } from "./readers-writers.js";

/** What a rewrite did to a graph: how often it applied and, where that is not everywhere, why. */
export interface RewriteNote {
  readonly name: string;
  readonly applied: number;
  readonly note: string;
}

function setNodes(graph: Graph, nodes: Iterable<Node>): void {
  const next = [...nodes];
  graph.nodes.length = 0;
  for (const node of next) graph.nodes.push(node);
}

/**
 * Lets every reader of a key of `substitutes` (nodes and graph outputs) read the value instead. Chains are
 * followed. The nodes that computed the replaced values stay until `removeDead`.
 */
export function replaceValues(graph: Graph, substitutes: ReadonlyMap<string, string>): void {
  const resolve = (name: string): string => {
    let current = name;
    for (let steps = 0; substitutes.has(current); steps++) {
      if (steps > substitutes.size) internal(`substitutes of "${name}" run in a circle`);
      current = substitutes.get(current)!;
    }
    return current;
  };
  setNodes(
    graph,
    graph.nodes.map((node) =>
      node.inputs.some((name) => substitutes.has(name))
        ? { ...node, inputs: node.inputs.map(resolve) }
        : node,
    ),
  );
  for (const [i, name] of graph.outputs.entries()) graph.outputs[i] = resolve(name);
}

/** Removes nodes and initializers that no output depends on; graph inputs stay. Returns how many nodes went. */
export function removeDead(graph: Graph): number {
  const live = new Set(graph.outputs);
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => live.has(name))) continue;
    kept.push(node);
    for (const name of node.inputs) live.add(name);
  }
  const removed = graph.nodes.length - kept.length;
  const written = new Set(kept.flatMap((node) => node.outputs));
  for (const { name } of graph.inputs) written.add(name);
  setNodes(graph, kept.reverse());
  for (const name of graph.initializers.keys()) {
    if (live.has(name)) written.add(name);
    else graph.initializers.delete(name);
  }
  forgetAllBut(graph, written);
  return removed;
}

function forgetAllBut(graph: Graph, names: ReadonlySet<string>): void {
  for (const name of graph.types.keys()) if (!names.has(name)) graph.types.delete(name);
  for (const name of graph.contents.keys()) if (!names.has(name)) graph.contents.delete(name);
}

/**
 * Orders the nodes so that each stands after what it reads, otherwise as they stood: a rewrite may append its
 * nodes at the end and sort afterwards. Throws an InternalError when the graph has a circle.
 */
export function sortNodes(graph: Graph): void {
  const writer = producers(graph);
  const open = new Set<Node>();
  const sorted = new Set<Node>();
  const visit = (node: Node): void => {
    if (sorted.has(node)) return;
    if (open.has(node)) internal(`the graph runs in a circle through "${node.name}"`);
    open.add(node);
    for (const name of node.inputs) {
      const before = writer.get(name);
      if (before !== undefined) visit(before);
    }
    sorted.add(node);
  };
  for (const node of graph.nodes) visit(node);
  setNodes(graph, sorted);
}

function attributeKey(node: Node): string {
  return JSON.stringify(node.attributes, (_, value: unknown) =>
    ArrayBuffer.isView(value) ? Array.from(value as Uint8Array, String) : value,
  );
}

/** What a computed whole-number tensor holds, where inference knows it: equal keys are equal values. */
function contentKey(graph: Graph, name: string): string | undefined {
  const type = graph.types.get(name);
  const contents = graph.contents.get(name);
  if (type === undefined || contents === undefined || type.dtype.startsWith("float"))
    return undefined;
  return `${type.dtype}[${type.shape}]=${contents}`;
}

function nodeKey(graph: Graph, node: Node, inputs: readonly string[]): string {
  const held = node.outputs.length === 1 ? contentKey(graph, node.outputs[0]) : undefined;
  const operator = `${node.domain}:${node.op}/${node.outputs.length}`;
  return held ?? `${operator}(${inputs.join("\0")})${attributeKey(node)}`;
}

/** Small whole-number initializers of equal content get one name. Weights are left apart: each is trained. */
function mergeIntegers(graph: Graph): Map<string, string> {
  const first = new Map<string, string>();
  const same = new Map<string, string>();
  for (const [name, { dtype, shape, data }] of graph.initializers) {
    if (dtype.startsWith("float") || data.length > 64) continue;
    const key = `${dtype}[${shape}]=${data}`;
    const known = first.get(key);
    if (known === undefined) first.set(key, name);
    else same.set(name, known);
  }
  return same;
}

/**
 * Merges nodes that compute the same: same operator, inputs and attributes, or shape arithmetic with the same
 * result. Returns how many nodes went.
 */
export function mergeCommon(graph: Graph): number {
  const same = mergeIntegers(graph);
  const seen = new Map<string, Node>();
  const kept: Node[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => same.get(name) ?? name);
    const key = nodeKey(graph, node, inputs);
    const first = seen.get(key);
    if (first === undefined || node.outputs.some((name) => graph.outputs.includes(name))) {
      seen.set(key, first ?? node);
      kept.push(node);
    } else {
      for (const [i, name] of node.outputs.entries()) same.set(name, first.outputs[i]);
    }
  }
  const merged = graph.nodes.length - kept.length;
  setNodes(graph, kept);
  replaceValues(graph, same);
  return merged;
}

/** Puts the new values in the place of the old ones and drops what is no longer needed. */
export function substitute(graph: Graph, substitutes: ReadonlyMap<string, string>): void {
  if (substitutes.size === 0) return;
  replaceValues(graph, substitutes);
  sortNodes(graph);
  removeDead(graph);
}

/** A graph that can be rewritten without changing this one. Weights are shared. */
export function cloneGraph(graph: Graph): Graph {
  return {
    ...graph,
    inputs: [...graph.inputs],
    outputs: [...graph.outputs],
    initializers: new Map(graph.initializers),
    nodes: [...graph.nodes],
    types: new Map(graph.types),
    contents: new Map(graph.contents),
  };
}

/** Puts a prefix before the names of all computed values and nodes, so that they meet no names of what is added. */
export function prefixComputed(graph: Graph, prefix: string): void {
  const computed = new Map(
    graph.nodes.flatMap(({ outputs }) =>
      outputs.map((name) => [name, `${prefix}${name}`] as const),
    ),
  );
  computed.delete("");
  const rename = (name: string): string => computed.get(name) ?? name;
  for (const [i, node] of graph.nodes.entries()) {
    const { inputs, outputs } = node;
    const name = `${prefix}${node.name}`;
    graph.nodes[i] = { ...node, name, inputs: inputs.map(rename), outputs: outputs.map(rename) };
  }
  for (const table of [graph.types, graph.contents] as Map<string, unknown>[]) {
    for (const [name, entry] of [...table]) {
      if (!computed.has(name)) continue;
      table.delete(name);
      table.set(rename(name), entry);
    }
  }
  for (const [i, name] of graph.outputs.entries()) graph.outputs[i] = rename(name);
}
