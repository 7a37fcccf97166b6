import type { Graph, Node, Shape } from "../ir.js";
import { type AttentionSite, type AttentionSites, attentionSites } from "./attention.js";
import { computedFrom, tokenValues } from "./dependence-sets.js";
import { type Matching, matching, onlyReader, operandOrders } from "./matching.js";

/** What a linear map does in its layer. A gated feed-forward part has two intermediate ones. */
export type LinearRole =
  | "query"
  | "key"
  | "value"
  | "attention-output"
  | "intermediate"
  | "output"
  | "other";

/** y = x·W (+ b) on token vectors, by the names of values. */
export interface LinearSite {
  /** The MatMul node. */
  readonly node: Node;
  /** [B, T, in] */
  readonly input: string;
  /** [in, out], an initializer. */
  readonly weight: string;
  /** x·W [B, T, out] */
  readonly product: string;
  /** With the bias; the product itself without one. */
  readonly result: string;
  /** 0 … L−1; −1 for what comes before the first layer. */
  readonly layer: number;
  readonly role: LinearRole;
}

/** Where the layers of an encoder begin and what they consist of. */
export interface TransformerLayers {
  readonly attention: AttentionSites;
  /** The value [B, T, H] that enters layer i: what its queries are made from. */
  readonly boundaries: readonly string[];
  readonly linears: readonly LinearSite[];
  /** The layer that a node belongs to: of all layers whose input it depends on, the last; −1 before the first. */
  readonly layerOf: (node: Node) => number;
}

/** Finds the layers by the attention in them, in the order of computation. `text` is [B, T]. */
export function transformerLayers(graph: Graph, text: Shape): TransformerLayers {
  const m = matching(graph);
  const attention = attentionSites(graph, text);
  const maps = linearMaps(m, text);
  const from = (name: string): Linear | undefined => maps.find(({ result }) => result === name);
  const boundaries = attention.sites.map(({ query }) => from(query)?.input ?? query);
  const reached = boundaries.map((name) => computedFrom(graph, [name]));
  const layerOf = (node: Node): number =>
    reached.filter((values) => node.inputs.some((name) => values.has(name))).length - 1;
  const inLayers = maps.map((map) => ({ ...map, layer: layerOf(map.node) }));
  const linears = inLayers.map((map) => ({
    ...map,
    role: roleOf(map, inLayers, attention.sites[map.layer]),
  }));
  return { attention, boundaries, linears, layerOf };
}

type Linear = Omit<LinearSite, "role" | "layer">;
type Placed = Omit<LinearSite, "role">;

function linearMaps(m: Matching, text: Shape): Linear[] {
  const tokens = tokenValues(m.graph, text);
  const maps = m.graph.nodes.filter(({ op, domain, inputs: [x, w] }) => {
    const weight = m.graph.initializers.get(w ?? "");
    return op === "MatMul" && domain === "" && tokens.has(x) && weight?.shape.length === 2;
  });
  return maps.map((node) => {
    const [input, weight] = node.inputs as [string, string];
    const product = node.outputs[0];
    return { node, input, weight, product, result: withBias(m, product) ?? product };
  });
}

/** The value of product + bias, where the bias is a vector of weights. */
function withBias(m: Matching, product: string): string | undefined {
  const sum = onlyReader(m, product);
  if (sum?.op !== "Add") return undefined;
  const isBias = operandOrders(sum).some(
    ([x, bias]) => x === product && m.graph.initializers.get(bias)?.shape.length === 1,
  );
  return isBias ? sum.outputs[0] : undefined;
}

function roleOf(map: Placed, maps: readonly Placed[], site: AttentionSite | undefined): LinearRole {
  if (site === undefined) return "other";
  if (map.result === site.query) return "query";
  if (map.result === site.key) return "key";
  if (map.result === site.value) return "value";
  if (map.input === site.context) return "attention-output";
  const parts = maps.filter(({ layer, result, input }) => {
    const inAttention = [site.query, site.key, site.value].includes(result);
    return layer === map.layer && !inAttention && input !== site.context;
  });
  return map === parts.at(-1) ? "output" : "intermediate";
}
