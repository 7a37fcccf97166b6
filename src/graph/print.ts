import type { Attribute, Graph, Node, TensorType } from "./ir.js";

/** Longest list that is written out. */
const LIST_LIMIT = 8;

function printType(type: TensorType | undefined): string {
  return type === undefined ? "?" : `${type.dtype}[${type.shape.join(", ")}]`;
}

function printList(values: ArrayLike<number | bigint | string>): string {
  const shown = Array.from(values).slice(0, LIST_LIMIT).join(", ");
  return `[${shown}${values.length > LIST_LIMIT ? ", …" : ""}]`;
}

function printAttribute({ kind, value }: Attribute): string {
  if (kind === "tensor") return printType(value);
  if (kind === "graph") return "{…}";
  return Array.isArray(value) ? printList(value as readonly (number | string)[]) : String(value);
}

function printNode(graph: Graph, node: Node): string {
  const outputs = node.outputs.map((name) => `${name || "_"}: ${printType(graph.types.get(name))}`);
  const attributes = Object.entries(node.attributes).map(
    ([name, attribute]) => ` ${name}=${printAttribute(attribute)}`,
  );
  const operator = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
  const inputs = node.inputs.map((name) => name || "_").join(", ");
  return `${outputs.join(", ")} = ${operator}(${inputs})${attributes.join("")}`;
}

/** The graph as text: inputs, initializers (small ones with their values), one line a node, outputs. */
export function print(graph: Graph): string {
  const initializers = [...graph.initializers].map(([name, tensor]) => {
    const values = tensor.data.length <= LIST_LIMIT ? ` = ${printList(tensor.data)}` : "";
    return `initializer ${name}: ${printType(tensor)}${values}`;
  });
  return [
    `graph ${graph.name} (opset ${graph.opset})`,
    ...graph.inputs.map((value) => `input ${value.name}: ${printType(value)}`),
    ...initializers,
    ...graph.nodes.map((node) => printNode(graph, node)),
    ...graph.outputs.map((name) => `output ${name}`),
    "",
  ].join("\n");
}
