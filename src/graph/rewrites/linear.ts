import { floatOf, intOf } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import { float, type Graph, int, type Node } from "../ir.js";
import {
  type GraphIndex,
  indexGraph,
  onlyReader,
  operandOrders,
  scalarOf,
  writerOf,
} from "../readers-writers.js";
import { type RewriteNote, substitute } from "../rewrite.js";

/** Y = α·X·W′ + β·c for rows X [R, in], W transposed or not, c [out]. */
interface Linear {
  readonly x: string;
  readonly weight: string;
  readonly transB: boolean;
  readonly bias: string | undefined;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Joins a product of rows [R, in] with a weight matrix, the transposition of the weight, the bias and factors before and
 * behind into one Gemm: a pass over the rows for each is saved, and backwards as well.
 */
export function joinLinear(graph: Graph): RewriteNote {
  const m = indexGraph(graph);
  const b = new GraphBuilder(graph);
  const substitutes = new Map<string, string>();
  let applied = 0;
  for (const node of [...graph.nodes]) {
    const start = linearOf(m, node);
    if (start === undefined) continue;
    const { linear, end } = extended(m, scaledInput(m, start), node.outputs[0]);
    const y = b.op("Gemm", operands(b, linear), {
      attributes: {
        transA: int(0),
        transB: int(linear.transB ? 1 : 0),
        alpha: float(linear.alpha),
        beta: float(linear.beta),
      },
    });
    substitutes.set(end, y.name);
    applied += 1;
  }
  substitute(graph, substitutes);
  return { name: "linear", applied, note: applied > 0 ? "" : "the graph has no product of rows" };
}

function operands(b: GraphBuilder, { x, weight, bias }: Linear) {
  const names = bias === undefined ? [x, weight] : [x, weight, bias];
  return names.map((name) => b.value(name));
}

/** The node as a linear map of rows, if it is one. */
function linearOf(m: GraphIndex, node: Node): Linear | undefined {
  const [x, w, c] = node.inputs;
  const isProduct = node.domain === "" && (node.op === "MatMul" || node.op === "Gemm");
  if (!isProduct || rankOf(m, x) !== 2 || rankOf(m, w) !== 2 || m.graph.initializers.has(x))
    return undefined;
  const transposed = writerOf(m, w, "Transpose");
  const source = transposed?.inputs[0] ?? w;
  if (!isWeight(m, source)) return undefined;
  if (node.op === "Gemm" && intOf(node, "transA", 0) === 1) return undefined;
  const transB = (intOf(node, "transB", 0) === 1) !== (transposed !== undefined);
  const alpha = node.op === "Gemm" ? floatOf(node, "alpha", 1) : 1;
  const beta = node.op === "Gemm" ? floatOf(node, "beta", 1) : 1;
  return { x: x, weight: source, transB, bias: c, alpha, beta };
}

const rankOf = (m: GraphIndex, name: string | undefined): number | undefined =>
  m.graph.types.get(name ?? "")?.shape.length;

/** Initializers and inputs: what is not computed. */
function isWeight(m: GraphIndex, name: string | undefined): boolean {
  return name !== undefined && !m.writers.has(name);
}

/** Takes a factor of X into α. */
function scaledInput(m: GraphIndex, linear: Linear): Linear {
  const scaled = factorOf(m, m.writers.get(linear.x));
  if (scaled === undefined) return linear;
  return { ...linear, x: scaled.x, alpha: linear.alpha * scaled.factor };
}

/** Takes in the bias and factors that follow, as far as nothing else reads what is in between. */
function extended(m: GraphIndex, start: Linear, output: string): { linear: Linear; end: string } {
  let linear = start;
  let end = output;
  for (;;) {
    const reader = onlyReader(m, end);
    const next = reader && (withBias(m, reader, linear, end) ?? withFactor(m, reader, linear));
    if (reader === undefined || next === undefined) return { linear, end };
    linear = next;
    end = reader.outputs[0];
  }
}

function withBias(m: GraphIndex, node: Node, linear: Linear, end: string): Linear | undefined {
  if (node.op !== "Add" || linear.bias !== undefined) return undefined;
  const order = operandOrders(node).find(
    ([y, c]) => y === end && rankOf(m, c) === 1 && isWeight(m, c) && scalarOf(m, c) === undefined,
  );
  return order === undefined ? undefined : { ...linear, bias: order[1], beta: 1 };
}

function withFactor(m: GraphIndex, node: Node, linear: Linear): Linear | undefined {
  const scaled = factorOf(m, node);
  if (scaled === undefined) return undefined;
  const { factor } = scaled;
  return { ...linear, alpha: linear.alpha * factor, beta: linear.beta * factor };
}

/** x and c of a node that computes c·x. */
function factorOf(
  m: GraphIndex,
  node: Node | undefined,
): { x: string; factor: number } | undefined {
  if (node?.domain !== "" || (node.op !== "Mul" && node.op !== "Div")) return undefined;
  const [x, y] = node.inputs as [string, string];
  const second = scalarOf(m, y);
  if (second !== undefined) return { x, factor: node.op === "Mul" ? second : 1 / second };
  const first = node.op === "Mul" ? scalarOf(m, x) : undefined;
  return first === undefined ? undefined : { x: y, factor: first };
}
