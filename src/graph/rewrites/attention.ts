import type { Graph, Node, Shape } from "../ir.js";
import { type Factor, isMove, type Layout, moved, regroup, sameLayout } from "./axis-layout.js";
import { computedFrom, isTokenShape, tokenValues, weightedValues } from "./dependence-sets.js";
import { type Matching, matching, onlyReader, scalarOf, writerOf } from "./matching.js";

/**
 * Scaled dot-product attention (Vaswani 2017, equation 1) as it stands in a graph, by the names of values:
 * context = merge(softmax(scale · split(q) · split(k)ᵀ + masks) · split(v)), split cutting H into h heads of size d.
 */
export interface AttentionSite {
  /** [B, T, H] */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  /** Logits before masks [B, h, T, T]: scale · q·kᵀ. */
  readonly scores: string;
  readonly scale: number;
  /** From the logits to the softmax: what adds masks and biases or writes over the logits, in the order of computation. */
  readonly masking: readonly MaskStep[];
  /** The softmax node; what it reads is scores with masks and biases. */
  readonly softmax: Node;
  /** What is multiplied with the values: the softmax, or that with NaN replaced. */
  readonly weights: string;
  /** [B, T, H] */
  readonly context: string;
  readonly heads: number;
  readonly headSize: number;
}

/** A node on the way from the logits to the softmax. */
export interface MaskStep {
  readonly node: Node;
  /** Which of its inputs the logits are; the others do not depend on token vectors. */
  readonly logits: number;
}

/** Attention of a graph, and how many softmaxes over tokens are something else. */
export interface AttentionSites {
  readonly sites: readonly AttentionSite[];
  readonly unknown: number;
}

/** What a search needs of the graph. */
interface Search extends Matching {
  readonly text: Shape;
  readonly tokens: ReadonlySet<string>;
}

/** A tensor [B, T, H] and the number it is multiplied with on its way to a product of heads. */
interface Source {
  readonly name: string;
  readonly scale: number;
}

/** Finds attention around each softmax, whatever order exporters reshape, transpose and scale in. `text` is [B, T]. */
export function attentionSites(graph: Graph, text: Shape): AttentionSites {
  const search = { ...matching(graph), text, tokens: tokenValues(graph, text) };
  const softmaxes = graph.nodes.filter((node) => isOverTokens(search, node));
  const sites = softmaxes.map((node) => match(search, node)).filter((site) => site !== undefined);
  return { sites, unknown: softmaxes.length - sites.length };
}

function isOverTokens(s: Search, node: Node): boolean {
  const shape = s.graph.types.get(node.outputs[0])?.shape ?? [];
  return node.op === "Softmax" && s.tokens.has(node.outputs[0]) && shape.at(-1) === s.text[1];
}

function match(s: Search, softmax: Node): AttentionSite | undefined {
  const logits = scaledProduct(s, softmax.inputs[0]);
  const weights = throughMark(s, withoutNanGuard(s, softmax.outputs[0]));
  const product = readingProduct(s, weights);
  if (logits === undefined || product === undefined) return undefined;
  const shape = s.graph.types.get(product.outputs[0])?.shape ?? [];
  const [, heads, , headSize] = shape;
  if (shape.length !== 4 || typeof heads !== "number" || typeof headSize !== "number")
    return undefined;
  const factors = factorsOf(s.text, heads, headSize);
  const query = sourceOf(s, logits.left, pick(factors, "B|h|T|d"));
  const key = sourceOf(s, logits.right, pick(factors, "B|h|d|T"));
  const value = sourceOf(s, product.inputs[1], pick(factors, "B|h|T|d"));
  const context = merged(s, product.outputs[0], factors);
  if (!query || !key || value?.scale !== 1 || context === undefined) return undefined;
  const scale = logits.scale * query.scale * key.scale;
  const names = { query: query.name, key: key.name, value: value.name, context, weights };
  const { name: scores, masking } = logits;
  return { ...names, scores, masking, scale, softmax, heads, headSize };
}

type Factors = Readonly<Record<string, Factor>>;

function factorsOf(text: Shape, heads: number, headSize: number): Factors {
  const factor = (name: string, size: string | number) => ({ name, size });
  return {
    B: factor("B", text[0]),
    T: factor("T", text[1]),
    h: factor("h", heads),
    d: factor("d", headSize),
  };
}

/** A layout by the letters of its factors, axes apart by "|". */
function pick(factors: Factors, letters: string): Layout {
  return letters.split("|").map((axis) => axis.split("").map((letter) => factors[letter]));
}

interface Logits {
  readonly name: string;
  readonly left: string;
  readonly right: string;
  readonly scale: number;
  readonly masking: readonly MaskStep[];
}

/** Goes back from the softmax through masks and biases to scale · MatMul(left, right). */
function scaledProduct(s: Search, from: string): Logits | undefined {
  const path: MaskStep[] = [];
  let name = from;
  for (;;) {
    const node = s.writers.get(name);
    if (node === undefined || node.domain !== "") return undefined;
    if (node.op === "MatMul") return logitsOf(s, node, path.reverse());
    const step = scaledStep(s, node);
    const logits = step === undefined ? maskedInput(s, node) : node.inputs.indexOf(step.name);
    if (logits === undefined) return undefined;
    path.push({ node, logits });
    name = node.inputs[logits];
  }
}

/** The factors that follow the product at once belong to it; what comes behind is masking. */
function logitsOf(s: Search, product: Node, path: readonly MaskStep[]): Logits | undefined {
  const [left, right] = product.inputs as [string, string];
  if (!s.tokens.has(left) || !s.tokens.has(right)) return undefined;
  let name = product.outputs[0];
  let scale = 1;
  let first = 0;
  for (const { node } of path) {
    const step = scaledStep(s, node);
    if (step === undefined) break;
    scale *= step.scale;
    name = node.outputs[0];
    first += 1;
  }
  return { name, scale, left, right, masking: path.slice(first) };
}

/** x and c of a node that computes c · x. */
function scaledStep(s: Matching, node: Node): Source | undefined {
  const [x, y] = node.inputs as [string, string];
  const second = scalarOf(s, y);
  if (node.op === "Div" && second !== undefined) return { name: x, scale: 1 / second };
  if (node.op !== "Mul") return undefined;
  if (second !== undefined) return { name: x, scale: second };
  const first = scalarOf(s, x);
  return first === undefined ? undefined : { name: y, scale: first };
}

/** Which input of the node is x, where it adds to x, or writes over it, what does not depend on token vectors. */
function maskedInput(s: Search, node: Node): number | undefined {
  if (node.op !== "Add" && node.op !== "Where") return undefined;
  const dependent = node.inputs.filter((name) => s.tokens.has(name));
  return dependent.length === 1 ? node.inputs.indexOf(dependent[0]) : undefined;
}

/** The value behind Where(IsNaN(p), 0, p), as PyTorch's sdpa guards rows that are masked throughout; p without one. */
function withoutNanGuard(s: Search, weights: string): string {
  const guard = (s.readers.get(weights) ?? []).find((node) => {
    const test = writerOf(s, node.inputs[0], "IsNaN");
    return node.op === "Where" && test?.inputs[0] === weights && node.inputs[2] === weights;
  });
  return guard?.outputs[0] ?? weights;
}

/** The value behind a mark of dropout, where the weights have one. */
function throughMark(s: Search, weights: string): string {
  const reader = onlyReader(s, weights);
  return reader?.op === "Dropout" ? reader.outputs[0] : weights;
}

/** The product in which the weights stand on the left. */
function readingProduct(s: Search, weights: string): Node | undefined {
  const reader = onlyReader(s, weights);
  return reader?.op === "MatMul" && reader.inputs[0] === weights ? reader : undefined;
}

/** Goes back through moves and scalings to a tensor [B, T, H] that arrives in this layout. */
function sourceOf(s: Search, from: string, wanted: Layout): Source | undefined {
  const path: Node[] = [];
  let name = from;
  let scale = 1;
  while (!isSource(s, name)) {
    const node = s.writers.get(name);
    if (node === undefined) return undefined;
    const step = isMove(node) ? { name: node.inputs[0], scale: 1 } : scaledStep(s, node);
    if (step === undefined) return undefined;
    if (isMove(node)) path.push(node);
    scale *= step.scale;
    name = step.name;
  }
  return sameLayout(wanted, arriving(s, name, path.reverse(), wanted) ?? [])
    ? { name, scale }
    : undefined;
}

/** A value [B, T, H] that is not itself only moved or scaled. */
function isSource(s: Search, name: string): boolean {
  const shape = s.graph.types.get(name)?.shape;
  return shape?.length === 3 && isTokenShape(shape, s.text) && !isScaled(s, name);
}

function isScaled(s: Search, name: string): boolean {
  const node = s.writers.get(name);
  return node !== undefined && scaledStep(s, node) !== undefined;
}

/** The layout after the path of a tensor whose last axis is heads, then elements. */
function arriving(s: Search, name: string, path: Node[], wanted: Layout): Layout | undefined {
  const byName = new Map(wanted.flat().map((factor) => [factor.name, factor]));
  const order = ["B", "T", "h", "d"].map((letter) => byName.get(letter)!);
  let layout = regroup(order, s.graph.types.get(name)!.shape);
  for (const node of path) layout = layout && moved(s, node, layout);
  return layout;
}

/** Follows moves from [B, h, T, d] to the context [B, T, H]. */
function merged(s: Search, from: string, factors: Factors): string | undefined {
  let layout: Layout | undefined = pick(factors, "B|h|T|d");
  const wanted = pick(factors, "B|T|hd");
  let name = from;
  while (layout !== undefined && !sameLayout(layout, wanted)) {
    const reader = onlyReader(s, name);
    if (!isMove(reader)) return undefined;
    layout = moved(s, reader, layout);
    name = reader.outputs[0];
  }
  return layout === undefined ? undefined : name;
}

/**
 * The first step that masks padding: what it adds, or where it writes, is computed from the attention mask and not from
 * weights.
 */
export function paddingStep(
  graph: Graph,
  site: AttentionSite,
  attentionMask: string,
): MaskStep | undefined {
  const masked = computedFrom(graph, [attentionMask]);
  const weighted = weightedValues(graph);
  return site.masking.find(({ node, logits }) => {
    const others = node.inputs.filter((_, i) => i !== logits);
    return others.some((name) => masked.has(name) && !weighted.has(name));
  });
}
