import type { Graph, Node, Value } from "../ir.js";
import { consumers, producers, removeDead, replaceValues, sortNodes } from "../rewrite.js";

/** What a rewrite did to a graph: how often it applied and, where that is not everywhere, why. */
export interface RewriteNote {
  readonly name: string;
  readonly applied: number;
  readonly note: string;
}

/** A graph at one moment, with who writes and who reads each value. */
export interface Matching {
  readonly graph: Graph;
  readonly writers: ReadonlyMap<string, Node>;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
}

/** The graph as it is now. */
export function matching(graph: Graph): Matching {
  return { graph, writers: producers(graph), readers: consumers(graph) };
}

/** The node that computes the value, where it is one of ONNX's operators named. */
export function writerOf(
  m: Matching,
  name: string | undefined,
  ...ops: string[]
): Node | undefined {
  const node = m.writers.get(name ?? "");
  return node !== undefined && node.domain === "" && ops.includes(node.op) ? node : undefined;
}

/** The only node that reads the value; undefined where there are several, or it leaves the graph. */
export function onlyReader(m: Matching, name: string): Node | undefined {
  const readers = m.readers.get(name) ?? [];
  return readers.length === 1 && !m.graph.outputs.includes(name) ? readers[0] : undefined;
}

/** The number that a floating-point initializer of one element holds. */
export function scalarOf(m: Matching, name: string | undefined): number | undefined {
  const tensor = m.graph.initializers.get(name ?? "");
  const one = tensor?.data.length === 1 && tensor.dtype.startsWith("float");
  return one ? Number(tensor.data[0]) : undefined;
}

/** Both orders of a node's two operands: a pattern is tried on each. */
export function operandOrders(node: Node): readonly (readonly [string, string])[] {
  const [x, y] = [node.inputs[0] ?? "", node.inputs[1] ?? ""];
  return [
    [x, y],
    [y, x],
  ];
}

/** The value of that name with its type, or undefined where there is none. */
export function lookUp(graph: Graph, name: string): Value | undefined {
  const type = graph.types.get(name);
  return type === undefined ? undefined : { name, ...type };
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
