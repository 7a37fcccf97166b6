import { intOf } from "../attributes.js";
import type { Graph, Node } from "../ir.js";
import { consumers } from "../rewrite.js";

/** How nodes use a weight: as rows that are looked up, as a matrix, as scale or shift of features. */
export type WeightUse = "table" | "matrix" | "vector";

/** A float initializer that takes part as a weight. */
export interface Weight {
  readonly name: string;
  readonly use: WeightUse;
  readonly readers: readonly Node[];
}

/**
 * The weights of a graph: float initializers that all their readers use as embedding table, matrix of a product, bias or
 * scale and shift of a normalisation. Other float tensors (position codes, masks, numbers of formulas) are constants.
 */
export function weightsOf(graph: Graph): Weight[] {
  const readers = consumers(graph);
  return [...graph.initializers].flatMap(([name, { dtype, data }]) => {
    const nodes = readers.get(name) ?? [];
    if (!dtype.startsWith("float") || data.length < 2 || nodes.length === 0) return [];
    const uses = new Set(nodes.map((node) => useOf(graph, name, node, readers)));
    const [use] = uses;
    return use === undefined || uses.size > 1 ? [] : [{ name, use, readers: nodes }];
  });
}

function useOf(
  graph: Graph,
  name: string,
  node: Node,
  readers: ReadonlyMap<string, readonly Node[]>,
): WeightUse | undefined {
  const rank = graph.types.get(name)!.shape.length;
  const place = node.inputs.indexOf(name);
  if (rank === 2) {
    if (node.op === "Gather" && place === 0 && intOf(node, "axis", 0) === 0) return "table";
    if (isProduct(node)) return "matrix";
    const behind = node.op === "Transpose" ? (readers.get(node.outputs[0]) ?? []) : [];
    return behind.length > 0 && behind.every(isProduct) ? "matrix" : undefined;
  }
  if (rank !== 1) return undefined;
  if (node.op === "LayerNormalization" && place > 0) return "vector";
  if (node.op === "Gemm") return place === 2 ? "vector" : undefined;
  return isFeaturewise(graph, name, node) ? "vector" : undefined;
}

const isProduct = ({ op, domain }: Node): boolean =>
  domain === "" && (op === "MatMul" || op === "Gemm");

/** Whether the vector is added to, or multiplied with, the last axis of something larger. */
function isFeaturewise(graph: Graph, name: string, node: Node): boolean {
  const shape = graph.types.get(node.outputs[0])?.shape ?? [];
  const size = graph.types.get(name)!.shape[0];
  return (
    ["Add", "Sub", "Mul", "Div"].includes(node.op) && shape.length > 1 && shape.at(-1) === size
  );
}
