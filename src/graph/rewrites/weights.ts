import { intOf } from "../attributes.js";
import type { Graph, Node, Shape } from "../ir.js";
import { consumers } from "../readers-writers.js";
import { computedFrom, contentValues } from "./dependence-sets.js";
import { isSinusoidal } from "./sinusoidal.js";

/** How nodes use a weight: as rows that are looked up, as a matrix, as scale or shift of features. */
type WeightUse = "table" | "matrix" | "vector";

/** A float initializer that takes part as a weight. */
export interface Weight {
  readonly name: string;
  readonly use: WeightUse;
  /** The nodes in which it, or what is computed from weights alone with it, meets what depends on token ids, or is looked up. */
  readonly readers: readonly Node[];
}

/** What is known of a graph while its weights are looked for. */
interface Search {
  readonly graph: Graph;
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  /** Values that depend on token ids and weights. */
  readonly content: ReadonlySet<string>;
  /** Values that depend on elements of any input. */
  readonly fed: ReadonlySet<string>;
}

/**
 * The weights of a graph: float initializers of the file that multiply, or are added to, what depends on token ids, or are tables from
 * which rows are read. Others are constants: frequencies and tables of rotations, slopes and masks of attention, and what an
 * exporter has put in as Constant nodes.
 */
export function weightsOf(graph: Graph): Weight[] {
  const inputs = graph.inputs.map(({ name }) => name);
  const search: Search = {
    ...{ graph, readers: consumers(graph), content: contentValues(graph) },
    fed: computedFrom(graph, inputs),
  };
  const floats = [...graph.initializers].filter(
    ([name, { dtype, data }]) =>
      dtype.startsWith("float") && data.length > 1 && graph.stored?.has(name) !== false,
  );
  return floats.map(([name]) => weightOf(search, name)).filter((weight) => weight !== undefined);
}

/** The names of the matrices that nothing but look-ups along their first axis read. */
export function tablesOf(graph: Graph): string[] {
  const readers = consumers(graph);
  return [...graph.initializers.keys()].filter((name) => {
    const { shape, dtype } = graph.types.get(name) ?? { shape: [], dtype: "" };
    const nodes = readers.get(name) ?? [];
    const isTable = nodes.length > 0 && nodes.every((node) => isLookUp(node, name));
    return shape.length === 2 && dtype.startsWith("float") && isTable;
  });
}

const isLookUp = (node: Node, name: string): boolean =>
  node.op === "Gather" && node.inputs.indexOf(name) === 0 && intOf(node, "axis", 0) === 0;

/** A value made of weights alone; `positions`: cut to as many rows as the texts have tokens. */
interface Made {
  readonly name: string;
  readonly positions: boolean;
}

function weightOf(s: Search, name: string): Weight | undefined {
  const uses = new Map<Node, WeightUse>();
  const seen = new Set<string>();
  const open: Made[] = [{ name, positions: false }];
  for (let made = open.shift(); made !== undefined; made = open.shift()) {
    if (seen.has(made.name)) continue;
    seen.add(made.name);
    for (const node of s.readers.get(made.name) ?? []) {
      const use = useOf(s, made, node);
      if (use === "none") return undefined;
      if (use !== undefined) uses.set(node, use);
      else open.push(...madeBy(s, node, made));
    }
  }
  const kinds = new Set(uses.values());
  const [first] = kinds;
  if (first === undefined) return undefined;
  const sliced = [...uses.keys()].some((node) => !node.inputs.includes(name)) || first === "table";
  if (sliced && isSinusoidal(s.graph.initializers.get(name))) return undefined;
  return { name, use: kinds.size === 1 ? first : "matrix", readers: [...uses.keys()] };
}

/** What a node computes from weights alone: other weights take part, and sizes of the batch. */
function madeBy(s: Search, node: Node, from: Made): Made[] {
  if (node.outputs.some((name) => s.fed.has(name)) || node.op === "Shape") return [];
  const shape = (name: string): Shape => s.graph.types.get(name)?.shape ?? [];
  return node.outputs.flatMap((name) => {
    const long = shape(name).some(isLength);
    if (long && node.op !== "Slice" && !from.positions) return [];
    return [{ name, positions: from.positions || long }];
  });
}

/** Whether the dimension follows the length of the texts. */
const isLength = (dim: number | string): boolean => typeof dim === "string" && /T/.test(dim);

/** How a node uses a weight; "none" where that shows that it is none; undefined where nothing of the texts meets it. */
function useOf(s: Search, made: Made, node: Node): WeightUse | "none" | undefined {
  const place = node.inputs.indexOf(made.name);
  if (isLookUp(node, made.name) && !isConstant(s, node.inputs[1])) {
    return isRotation(s, node.outputs[0]) ? "none" : "table";
  }
  if (!node.inputs.some((name) => s.content.has(name))) return undefined;
  if (made.positions) return addsPositions(s, node) ? "table" : "none";
  if (node.op === "LayerNormalization") return place > 0 ? "vector" : undefined;
  if (node.op === "Gemm") return place === 2 ? "vector" : "matrix";
  if (node.op === "MatMul") return "matrix";
  return ["Add", "Sub", "Mul", "Div"].includes(node.op) ? "vector" : undefined;
}

function isConstant({ graph }: Search, name: string): boolean {
  return graph.initializers.has(name);
}

/** Whether the node adds one row to each token, and not something to each pair of tokens. */
function addsPositions({ graph }: Search, node: Node): boolean {
  const shape = graph.types.get(node.outputs[0])?.shape ?? [];
  return node.op === "Add" && !shape.slice(-2).every(isLength);
}

const MOVES = "Reshape Unsqueeze Squeeze Transpose Cast Expand Slice Split Concat Identity".split(
  " ",
);

/** Whether rows that were looked up are multiplied with what depends on other things of the texts, as cosines and sines are. */
function isRotation(s: Search, rows: string): boolean {
  const open = [rows];
  let own: ReadonlySet<string> | undefined;
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    for (const node of s.readers.get(name) ?? []) {
      if (MOVES.includes(node.op)) open.push(...node.outputs);
      if (node.op !== "Mul") continue;
      own ??= computedFrom(s.graph, [rows]);
      if (node.inputs.some((other) => s.content.has(other) && !own?.has(other))) return true;
    }
  }
  return false;
}
