import { intOf } from "../attributes.js";
import type { Node } from "../ir.js";
import { type GraphIndex, onlyReader, operandOrders, writerOf } from "../readers-writers.js";

/** y = x·W (+ b), by the names of values. */
export interface LinearMap {
  /** The MatMul or Gemm node. */
  readonly node: Node;
  /** [B, T, in] */
  readonly input: string;
  /** [in, out], an initializer. */
  readonly weight: string;
  /** Whether the initializer is Wᵀ [out, in]. */
  readonly transposed: boolean;
  /** x·W [B, T, out], of a Gemm with its bias. */
  readonly product: string;
  /** With the bias; the product itself without one. */
  readonly result: string;
}

/** The products with a matrix of weights of what depends on token vectors, and others with the same matrices. */
export function linearMaps(m: GraphIndex, tokens: ReadonlySet<string>): LinearMap[] {
  const maps = m.graph.nodes.map((node) => linearMap(m, node)).filter((map) => map !== undefined);
  const used = new Set(maps.filter(({ input }) => tokens.has(input)).map(({ weight }) => weight));
  const products = new Set(maps.map(({ node }) => node));
  return maps.filter(({ weight }) => used.has(weight) && isReadBy(m, weight, products));
}

/** Whether these nodes alone read the value, as it is or transposed. */
function isReadBy(m: GraphIndex, name: string, nodes: ReadonlySet<Node>): boolean {
  return (m.readers.get(name) ?? []).every(
    (node) => nodes.has(node) || (node.op === "Transpose" && isReadBy(m, node.outputs[0], nodes)),
  );
}

function linearMap(m: GraphIndex, node: Node): LinearMap | undefined {
  const [input, second] = node.inputs;
  const isProduct = node.domain === "" && (node.op === "MatMul" || node.op === "Gemm");
  if (!isProduct || m.graph.initializers.has(input)) return undefined;
  if (node.op === "Gemm" && intOf(node, "transA", 0) === 1) return undefined;
  const turned = writerOf(m, second, "Transpose")?.inputs[0];
  const weight = turned ?? second;
  if (m.graph.initializers.get(weight)?.shape.length !== 2) return undefined;
  const transposed = (intOf(node, "transB", 0) === 1) !== (turned !== undefined);
  const [product] = node.outputs;
  return { node, input, weight, transposed, product, result: withBias(m, product) ?? product };
}

/** The value of product + bias, where the bias is a vector of weights. */
function withBias(m: GraphIndex, product: string): string | undefined {
  const sum = onlyReader(m, product);
  if (sum?.op !== "Add") return undefined;
  const isBias = operandOrders(sum).some(
    ([x, bias]) => x === product && m.graph.initializers.get(bias)?.shape.length === 1,
  );
  return isBias ? sum.outputs[0] : undefined;
}
