import type { Graph, Node, Value } from "./ir.js";

/** Value name → the node that computes it. */
export function producers(graph: Graph): Map<string, Node> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
}

/** Value name → the nodes that read it, in order; a node that reads it twice is listed once. */
export function consumers(graph: Graph): Map<string, Node[]> {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [node]);
      else known.push(node);
    }
  }
  return readers;
}

/** A graph at one moment, with who writes and who reads each value. */
export interface GraphIndex {
  readonly graph: Graph;
  readonly writers: ReadonlyMap<string, Node>;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
}

/** The graph as it is now. */
export function indexGraph(graph: Graph): GraphIndex {
  return { graph, writers: producers(graph), readers: consumers(graph) };
}

/** The node that computes the value, where it is one of ONNX's operators named. */
export function writerOf(
  m: GraphIndex,
  name: string | undefined,
  ...ops: string[]
): Node | undefined {
  const node = m.writers.get(name ?? "");
  return node !== undefined && node.domain === "" && ops.includes(node.op) ? node : undefined;
}

/** The only node that reads the value; undefined where there are several, or it leaves the graph. */
export function onlyReader(m: GraphIndex, name: string): Node | undefined {
  const readers = m.readers.get(name) ?? [];
  return readers.length === 1 && !m.graph.outputs.includes(name) ? readers[0] : undefined;
}

/** The number that a floating-point initializer of one element holds. */
export function scalarOf(m: GraphIndex, name: string | undefined): number | undefined {
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
