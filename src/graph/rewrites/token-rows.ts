import { intOf } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import { contentsOf } from "../inference/call.js";
import { type Graph, int, type Node, type Shape, type Value } from "../ir.js";
import { gather, reshape, vector } from "../ops/index.js";
import { type AttentionSite, attentionSites, paddingStep } from "./attention.js";
import { AttentionIndex } from "./attention-index.js";
import { attentionOnRows } from "./attention-on-rows.js";
import { isTokenShape, tokenValues } from "./dependence-sets.js";
import { type RewriteNote, substitute } from "./matching.js";
import { ROWS, TokenIndex } from "./token-index.js";

/** What is packed, and how the graph is entered and left. */
export interface TokenRowsOptions {
  /** The input [B, T] that is 0 at padding. */
  readonly attentionMask: string;
  /** Float inputs [B, T, …] that become inputs of rows [R, …] under the same names. */
  readonly rowInputs?: readonly string[];
  /** Outputs [B, T, …] that become outputs of rows [R, …]; others stay padded. */
  readonly rowOutputs?: readonly string[];
}

/** The state of one packing. */
interface Packing {
  readonly b: GraphBuilder;
  readonly graph: Graph;
  readonly text: Shape;
  readonly index: TokenIndex;
  readonly attention: AttentionIndex;
  readonly attentionMask: string;
  readonly tokens: ReadonlySet<string>;
  /** Padded value → its rows. */
  readonly rows: Map<string, Value>;
  /** Padded value → what its other readers read in its place. */
  readonly substitutes: Map<string, string>;
}

const NAME = "packing";

/**
 * Removes padding: what works token by token is computed on rows of real tokens [R, …], and within attention queries, keys
 * and values are gathered to heads of groups that are filled with whole texts (`AttentionIndex`), and back. Values of real tokens and
 * gradients stay the same. New inputs say where tokens stand (`TOKEN_INPUTS`). Where the graph attends in a form that is
 * not known, or without a mask, or other nodes mix tokens, it is left as it is and the note says why.
 */
export function packTokens(graph: Graph, options: TokenRowsOptions): RewriteNote {
  const text = graph.types.get(options.attentionMask)!.shape;
  const { sites, unknown } = attentionSites(graph, text);
  const problem = unpackable(graph, { sites, unknown, text, ...options });
  if (problem !== undefined) return { name: NAME, applied: 0, note: problem };
  const b = new GraphBuilder(graph);
  const index = new TokenIndex(b, b.value(options.attentionMask));
  const tokens = tokenValues(graph, text);
  const packing: Packing = {
    ...{ b, graph, text, index, tokens, attentionMask: options.attentionMask },
    ...{ attention: new AttentionIndex(index), rows: new Map(), substitutes: new Map() },
  };
  enterRows(packing, options.rowInputs ?? []);
  for (const node of [...graph.nodes]) packNode(packing, node, sites);
  leaveRows(packing, options.rowOutputs ?? []);
  substitute(graph, packing.substitutes);
  return { name: NAME, applied: sites.length, note: "" };
}

/** Why the graph cannot be packed, or undefined. */
function unpackable(
  graph: Graph,
  found: TokenRowsOptions & {
    readonly sites: readonly AttentionSite[];
    readonly unknown: number;
    readonly text: Shape;
  },
): string | undefined {
  const { sites, unknown, text, attentionMask } = found;
  if (unknown > 0) return `${unknown} softmaxes over tokens are no attention as it is known`;
  if (sites.length === 0) return "the graph has no attention";
  if (sites.some((site) => paddingStep(graph, site, attentionMask) === undefined))
    return "attention does not mask padding";
  const mixing = mixingNode(graph, text, sites);
  return mixing === undefined ? undefined : `${mixing.op} "${mixing.name}" mixes tokens`;
}

/** A node outside of attention that computes on token vectors other than token by token. */
function mixingNode(graph: Graph, text: Shape, sites: readonly AttentionSite[]): Node | undefined {
  const tokens = tokenValues(graph, text);
  const ends = new Set(sites.map((site) => site.context));
  const inside = new Set<string>();
  // What leads from queries, keys and values to the context.
  for (const { query, key, value } of sites)
    for (const name of [query, key, value]) inside.add(name);
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => tokens.has(name)) || node.op === "Shape") continue;
    const within = node.inputs.filter((name) => tokens.has(name)).every((name) => inside.has(name));
    if (!within && isTokenwise(graph, node, text)) continue;
    if (!within) return node;
    for (const name of node.outputs) if (!ends.has(name)) inside.add(name);
  }
  return undefined;
}

const ELEMENTWISE =
  "Add Sub Mul Div Pow Min Max Where Neg Abs Sqrt Exp Log Erf Sigmoid Tanh Relu Gelu Softplus Reciprocal Clip Identity Cast Dropout".split(
    " ",
  );
const REDUCTIONS = "ReduceMean ReduceSum ReduceMax ReduceMin ReduceL2 ReduceSumSquare".split(" ");

/** Whether each token's output depends on the same token's inputs alone, in a form that can be computed on rows. */
function isTokenwise(graph: Graph, node: Node, text: Shape): boolean {
  const output = graph.types.get(node.outputs[0]);
  if (!isTokenShape(output?.shape, text) || !output!.dtype.startsWith("float")) return false;
  const rank = output!.shape.length;
  if (ELEMENTWISE.includes(node.op)) return true;
  const second = graph.types.get(node.inputs[1] ?? "")?.shape.length;
  if (node.op === "MatMul") return second === 2;
  if (node.op === "Gather") return intOf(node, "axis", 0) === 0 && second === 2;
  if (node.op === "Softmax") return isLast(intOf(node, "axis", -1), rank);
  if (node.op === "LayerNormalization")
    return node.outputs.length === 1 && isLast(intOf(node, "axis", -1), rank);
  return REDUCTIONS.includes(node.op) && reducesLast(graph, node, rank);
}

const isLast = (axis: number, rank: number): boolean => axis === -1 || axis === rank - 1;

function reducesLast(graph: Graph, node: Node, rank: number): boolean {
  const axes = graph.types.get(node.inputs[1] ?? "");
  const known = axes && contentsOf(graph, { name: node.inputs[1], ...axes });
  const kept = intOf(node, "keepdims", 1) === 1;
  return kept && known?.length === 1 && isLast(Number(known[0]), rank);
}

function enterRows(p: Packing, names: readonly string[]): void {
  for (const name of names) {
    const i = p.graph.inputs.findIndex((value) => value.name === name);
    const { dtype, shape } = p.graph.inputs[i];
    const value = { name, dtype, shape: [ROWS, ...shape.slice(2)] };
    p.graph.inputs[i] = value;
    p.graph.types.set(name, { dtype, shape: value.shape });
    p.rows.set(name, value);
  }
}

function leaveRows(p: Packing, wanted: readonly string[]): void {
  for (const name of p.graph.outputs) {
    const rows = p.rows.get(name);
    if (rows === undefined) continue;
    p.substitutes.set(name, wanted.includes(name) ? rows.name : p.index.toBatch(rows).name);
  }
}

function packNode(p: Packing, node: Node, sites: readonly AttentionSite[]): void {
  const [output] = node.outputs as [string];
  const site = sites.find(({ context }) => context === output);
  if (site !== undefined) p.rows.set(output, packedAttention(p, site));
  if (site !== undefined || !p.tokens.has(output) || !isTokenwise(p.graph, node, p.text)) return;
  const name = p.b.fresh(node.op);
  const [rows] = p.b.append({ ...node, ...rowForm(p, node), name, outputs: [name] });
  p.rows.set(output, rows);
}

/** The context as rows. */
function packedAttention(p: Packing, site: AttentionSite): Value {
  const [query, key, value] = [site.query, site.key, site.value].map((name) => rowsOf(p, name)) as [
    Value,
    Value,
    Value,
  ];
  const padding = paddingStep(p.graph, site, p.attentionMask);
  return attentionOnRows(p.b, p.attention, { site, padding, query, key, value });
}

/** Inputs and attributes of a token-wise node on rows. */
function rowForm(p: Packing, node: Node): Pick<Node, "inputs" | "attributes"> {
  const { graph, b } = p;
  const rank = graph.types.get(node.outputs[0])!.shape.length;
  if (node.op === "MatMul" || node.op === "LayerNormalization") {
    const inputs = [rowsOf(p, node.inputs[0]).name, ...node.inputs.slice(1)];
    return {
      inputs,
      attributes: node.op === "MatMul" ? {} : { ...node.attributes, axis: int(-1) },
    };
  }
  if (node.op === "Softmax")
    return { inputs: [rowsOf(p, node.inputs[0]).name], attributes: { axis: int(-1) } };
  if (node.op === "Gather") {
    const [table, indices] = node.inputs as [string, string];
    return { inputs: [table, indexRows(p, b.value(indices)).name], attributes: node.attributes };
  }
  if (REDUCTIONS.includes(node.op))
    return {
      inputs: [rowsOf(p, node.inputs[0]).name, vector(b, [-1]).name],
      attributes: node.attributes,
    };
  const inputs = node.inputs.map((name) => (name === "" ? "" : operand(p, name, rank).name));
  return { inputs, attributes: node.attributes };
}

/** The rows [R, …] of a value [B, T, …]: as they were computed, or gathered. */
function rowsOf(p: Packing, name: string): Value {
  const known = p.rows.get(name);
  if (known !== undefined) return known;
  const rows = p.index.toRows(p.b.value(name));
  p.rows.set(name, rows);
  return rows;
}

/** An operand of an elementwise node of that rank, in a form that broadcasts against rows. */
function operand(p: Packing, name: string, rank: number): Value {
  const x = p.rows.get(name) ?? p.b.value(name);
  if (p.rows.has(name) || x.shape.length <= rank - 2) return x;
  const tail = x.shape.slice(x.shape.length - rank + 2) as number[];
  const lead = x.shape.slice(0, x.shape.length - rank + 2);
  const [B, T] = lead.length === 1 ? [1, lead[0]] : (lead as [string | number, string | number]);
  if (B === 1 && T === 1) return reshape(p.b, x, [1, ...tail], [1, ...tail]);
  if (B !== 1 && T !== 1) return rowsOf(p, name);
  const table = B === 1 ? positionRows(p, x) : undefined;
  if (table !== undefined) return table;
  const list = reshape(p.b, x, [-1, ...tail], [B === 1 ? T : B, ...tail]);
  return B === 1 ? p.index.byPosition(list) : p.index.byText(list);
}

/** Rows of a table that one Gather chose by position: chosen by each row's position, so that no detour blurs the gradient. */
function positionRows(p: Packing, x: Value): Value | undefined {
  const node = p.graph.nodes.find(({ outputs }) => outputs[0] === x.name);
  if (node?.op !== "Gather" || intOf(node, "axis", 0) !== 0) return undefined;
  const [table, indices] = node.inputs.map((name) => p.b.value(name)) as [Value, Value];
  return table.shape.length === 2 ? gather(p.b, table, indexRows(p, indices)) : undefined;
}

/** Whole numbers [B, T], [1, T] or [T] as rows [R]. */
function indexRows(p: Packing, x: Value): Value {
  if (x.shape.length === 2 && x.shape[0] !== 1) return rowsOf(p, x.name);
  return p.index.byPosition(reshape(p.b, x, [-1], [x.shape.at(-1)!]));
}
