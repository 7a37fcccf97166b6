import { GraphBuilder } from "../builder.js";
import { contentsOf } from "../inference/call.js";
import type { Graph, Node } from "../ir.js";
import { layerNormalization } from "../ops/index.js";
import {
  type GraphIndex,
  indexGraph,
  lookUp,
  operandOrders,
  scalarOf,
  writerOf,
} from "../readers-writers.js";
import { type RewriteNote, substitute } from "../rewrite.js";

/** (x − mean) / √(variance + ε) · γ + β over the last axis. */
interface Normalization {
  readonly x: string;
  readonly scale: string;
  readonly bias: string;
  readonly epsilon: number;
}

/**
 * Turns layer normalisation written out (ReduceMean, Sub, Pow or Mul, ReduceMean, Add, Sqrt, Div, Mul, Add, as exporters do
 * before opset 17) into LayerNormalization over the last axis, whose mean and inverse deviation serve the backward pass.
 */
export function raiseLayerNormalization(graph: Graph): RewriteNote {
  const m = indexGraph(graph);
  const b = new GraphBuilder(graph);
  const substitutes = new Map<string, string>();
  for (const node of [...graph.nodes]) {
    const found = node.op === "Add" ? match(m, node) : undefined;
    if (found === undefined) continue;
    const [x, scale, bias] = [b.value(found.x), b.value(found.scale), b.value(found.bias)];
    const { epsilon } = found;
    const y = layerNormalization(b, x, { scale, bias, epsilon });
    substitutes.set(node.outputs[0], y.name);
  }
  substitute(graph, substitutes);
  const total = graph.nodes.filter((node) => node.op === "LayerNormalization").length;
  const note = total === 0 ? "the graph has no layer normalisation that is recognised" : "";
  return { name: "layer normalisation", applied: substitutes.size, note };
}

function match(m: GraphIndex, root: Node): Normalization | undefined {
  for (const [product, bias] of operandOrders(root)) {
    const scaled = writerOf(m, product, "Mul");
    if (scaled === undefined || !isVector(m, bias)) continue;
    for (const [normalized, scale] of operandOrders(scaled)) {
      const found = isVector(m, scale) ? matchNormalized(m, normalized) : undefined;
      if (found !== undefined) return { ...found, scale, bias };
    }
  }
  return undefined;
}

function isVector(m: GraphIndex, name: string): boolean {
  return m.graph.types.get(name)?.shape.length === 1 && !m.writers.has(name);
}

/** (x − mean) / √(variance + ε), the division also as a product with the reciprocal root. */
function matchNormalized(
  m: GraphIndex,
  name: string,
): Pick<Normalization, "x" | "epsilon"> | undefined {
  const quotient = writerOf(m, name, "Div");
  if (quotient !== undefined) {
    return matchDeviation(m, quotient.inputs[0], rootOf(m, quotient.inputs[1]));
  }
  const product = writerOf(m, name, "Mul");
  for (const [centered, inverse] of product === undefined ? [] : operandOrders(product)) {
    const found = matchDeviation(m, centered, inverseRootOf(m, inverse));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** v of √v, also written as a power. */
function rootOf(m: GraphIndex, name: string | undefined): string | undefined {
  const root = writerOf(m, name, "Sqrt", "Pow");
  const isRoot = root?.op === "Sqrt" || scalarOf(m, root?.inputs[1]) === 0.5;
  return isRoot ? root?.inputs[0] : undefined;
}

/** v of 1/√v. */
function inverseRootOf(m: GraphIndex, name: string): string | undefined {
  const power = writerOf(m, name, "Pow");
  if (power !== undefined && scalarOf(m, power.inputs[1]) === -0.5) return power.inputs[0];
  const reciprocal = writerOf(m, name, "Reciprocal");
  if (reciprocal !== undefined) return rootOf(m, reciprocal.inputs[0]);
  const quotient = writerOf(m, name, "Div");
  return scalarOf(m, quotient?.inputs[0]) === 1 ? rootOf(m, quotient?.inputs[1]) : undefined;
}

/** x and ε, where `centered` is x − mean(x) and `shifted` the mean of its square plus ε. */
function matchDeviation(
  m: GraphIndex,
  centered: string,
  shifted: string | undefined,
): Pick<Normalization, "x" | "epsilon"> | undefined {
  const difference = writerOf(m, centered, "Sub");
  const sum = writerOf(m, shifted, "Add");
  if (difference === undefined || sum === undefined) return undefined;
  const [x, mean] = difference.inputs as [string, string];
  if (meanOf(m, mean) !== x) return undefined;
  for (const [variance, constant] of operandOrders(sum)) {
    const epsilon = scalarOf(m, constant);
    const isVariance = squareRootOf(m, meanOf(m, variance)) === centered;
    if (epsilon !== undefined && isVariance) return { x, epsilon };
  }
  return undefined;
}

/** x of a mean over the last axis that stays as 1. */
function meanOf(m: GraphIndex, name: string): string | undefined {
  const node = writerOf(m, name, "ReduceMean");
  const axes = lookUp(m.graph, node?.inputs[1] ?? "");
  const [x] = node?.inputs ?? [];
  const rank = m.graph.types.get(x ?? "")?.shape.length;
  const axis = axes === undefined ? undefined : contentsOf(m.graph, axes);
  const isLast = axis?.length === 1 && (axis[0] === -1 || axis[0] === rank! - 1);
  return isLast && m.graph.types.get(name)?.shape.length === rank ? x : undefined;
}

/** d of d². */
function squareRootOf(m: GraphIndex, name: string | undefined): string | undefined {
  const node = writerOf(m, name, "Pow", "Mul");
  if (node?.op === "Pow") return scalarOf(m, node.inputs[1]) === 2 ? node.inputs[0] : undefined;
  return node !== undefined && node.inputs[0] === node.inputs[1] ? node.inputs[0] : undefined;
}
