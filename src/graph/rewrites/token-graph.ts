import { divDims, productOf } from "../dimension.js";
import type { Graph, Node, Shape } from "../ir.js";
import { indexGraph } from "../readers-writers.js";
import { computedFrom, isTokenShape, tokenValues } from "./dependence-sets.js";
import { scaledStep } from "./scaled-step.js";
import type { Step, TokenGraph } from "./step-rule.js";
import type { TextShape, TokenLayout } from "./token-layout.js";
import { type AxisPart, featureAxis, isOfPairs, plainLayout, regroup } from "./token-layout.js";
import { stepOf } from "./token-steps.js";

/** A graph read as what happens to tokens and pairs of tokens. */
export interface TokenWalk extends TokenGraph {
  /** How each node that depends on token vectors computes without padding. */
  readonly steps: ReadonlyMap<Node, Step>;
  /** Nodes that mix tokens otherwise than attention does, in their order. */
  readonly mixing: readonly Node[];
}

/**
 * Follows the axes of batch, tokens and features from the first token vectors on, through whatever cuts, moves, rotates and repeats
 * features. `text` is [B, T]. Behind a node that mixes tokens it goes on with what the shapes tell.
 */
export function walkTokens(graph: Graph, text: TextShape): TokenWalk {
  const tokens = tokenValues(graph, text);
  const entered = graph.inputs.filter(({ shape }) => isTokenShape(shape, text));
  const layouts = new Map(entered.map(({ name, shape }) => [name, plainLayout(shape)]));
  const steps = new Map<Node, Step>();
  const mixing: Node[] = [];
  const t: TokenGraph = { ...indexGraph(graph), text, tokens, layouts };
  for (const node of graph.nodes) {
    if (!node.outputs.some((name) => tokens.has(name))) continue;
    const step = stepOf(t, node);
    if (step !== undefined) steps.set(node, step);
    else if (node.inputs.some((name) => tokens.has(name))) mixing.push(node);
    for (const [i, name] of node.outputs.entries()) {
      const layout = step?.layouts[i] ?? guessed(graph.types.get(name)?.shape, text);
      if (layout !== undefined) layouts.set(name, layout);
    }
  }
  return { ...t, steps, mixing };
}

/** The layout of token vectors [B, T, …] or of pairs [B, h, T, T] or [B·h, T, T]. */
function guessed(shape: Shape | undefined, text: TextShape): TokenLayout | undefined {
  if (shape === undefined) return undefined;
  if (isTokenShape(shape, text)) return plainLayout(shape);
  const isPairs = shape.length > 2 && shape.slice(-2).every((dim) => dim === text[1]);
  const heads = isPairs ? divDims(productOf(shape.slice(0, -2)), text[0]) : undefined;
  if (typeof heads !== "number") return undefined;
  const parts: AxisPart[] = ["batch", ...featureAxis(heads)];
  const leading = regroup(parts, shape.slice(0, -2), text);
  return leading && [...leading, ["tokens"], ["tokens"]];
}

/**
 * The steps that mask padding: the first on the way of each attention's logits that adds, or writes over them, what is computed from
 * the attention mask.
 */
export function maskingSteps(walk: TokenWalk, attentionMask: string): MaskingSteps {
  const fromMask = computedFrom(walk.graph, [attentionMask]);
  const nodes = new Set<Node>();
  const masked = new Set<string>();
  for (const node of walk.graph.nodes) {
    if (!isOfPairs(walk.layouts.get(node.outputs[0]))) continue;
    const dependent = node.inputs.filter((name) => walk.tokens.has(name));
    const others = node.inputs.filter((name) => !walk.tokens.has(name));
    const already = dependent.some((name) => masked.has(name)) && keepsLow(walk, node);
    const masks =
      (node.op === "Add" || node.op === "Where") &&
      dependent.length === 1 &&
      others.some((name) => fromMask.has(name));
    if (masks && !already) nodes.add(node);
    if (masks || already) masked.add(node.outputs[0]);
  }
  const unmasked = walk.graph.nodes.find(
    ({ op, inputs }) =>
      op === "Softmax" && isOfPairs(walk.layouts.get(inputs[0])) && !masked.has(inputs[0]),
  );
  return { nodes, unmasked };
}

const KEEPING =
  "Add Sub Where Max Identity Cast Dropout Reshape Transpose Unsqueeze Squeeze Expand Flatten";

/** Whether what is lower than everything else stays so. */
function keepsLow(walk: TokenWalk, node: Node): boolean {
  if (KEEPING.split(" ").includes(node.op)) return true;
  const scaled = scaledStep(walk, node);
  return scaled !== undefined && scaled.scale > 0;
}

/** Which nodes mask padding, and a softmax of attention that nothing masks. */
export interface MaskingSteps {
  readonly nodes: ReadonlySet<Node>;
  readonly unmasked: Node | undefined;
}
