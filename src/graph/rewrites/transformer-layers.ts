import type { Graph, Node, Shape } from "../ir.js";
import { type AttentionSite, type AttentionSites, sitesOf } from "./attention.js";
import { computedFrom, contentValues } from "./dependence-sets.js";
import { dominator } from "./dominator.js";
import { type LinearMap, linearMaps } from "./linear-maps.js";
import { type TokenWalk, walkTokens } from "./token-graph.js";

/** What a linear map does in its layer. A gated feed-forward part has two intermediate ones. */
export type LinearRole =
  | "query"
  | "key"
  | "value"
  | "attention-output"
  | "intermediate"
  | "output"
  | "other";

/** A linear map in its place. */
export interface LinearSite extends LinearMap {
  /** 0 … L−1; −1 for what comes before the first layer. */
  readonly layer: number;
  /** What it does: one thing, or several where one matrix makes queries, keys and values. */
  readonly roles: readonly LinearRole[];
}

/** Where the layers of an encoder begin and what they consist of. */
export interface TransformerLayers {
  readonly attention: AttentionSites;
  /** The value [B, T, H] that enters layer i: what its queries are made from and, where it can be said, everything else as well. */
  readonly boundaries: readonly string[];
  readonly linears: readonly LinearSite[];
  /** The layer that a node belongs to: of all layers whose input it depends on, the last; −1 before the first. */
  readonly layerOf: (node: Node) => number;
}

/** Finds the layers by the attention in them, in the order of computation. `text` is [B, T]. */
export function transformerLayers(graph: Graph, text: Shape): TransformerLayers {
  const walk = walkTokens(graph, text);
  const attention = sitesOf(walk);
  const maps = linearMaps(walk, walk.tokens);
  const parts = attention.sites.map((site) => partsOf(walk, maps, site));
  const content = contentValues(graph);
  const boundaries = attention.sites.map(({ query }, i) => {
    const [map] = parts[i].query;
    return dominator(walk, content, map?.input ?? query);
  });
  const reached = boundaries.map((name) => computedFrom(graph, [name]));
  const layerOf = (node: Node): number =>
    reached.filter((values) => node.inputs.some((name) => values.has(name))).length - 1;
  const placed = maps.map((map) => ({ ...map, layer: layerOf(map.node) }));
  const inLayer = placed.map((map) => ({ ...map, layer: sharedLayer(map, placed) }));
  const linears = inLayer.map((map) => ({
    ...map,
    roles: rolesOf(map, inLayer, parts[map.layer]),
  }));
  return { attention, boundaries, linears, layerOf };
}

type Placed = LinearMap & { readonly layer: number };

/** The linear maps of one attention. */
interface AttentionParts {
  readonly query: readonly LinearMap[];
  readonly key: readonly LinearMap[];
  readonly value: readonly LinearMap[];
  readonly output: readonly LinearMap[];
}

function partsOf(walk: TokenWalk, maps: readonly LinearMap[], site: AttentionSite): AttentionParts {
  const [query, key, value] = [site.query, site.key, site.value].map((name) =>
    before(walk, maps, name),
  );
  return { query, key, value, output: behind(walk, maps, site.context) };
}

/** A product of a matrix with what is no token vector belongs where its matrix is used on token vectors. */
function sharedLayer(map: Placed, maps: readonly Placed[]): number {
  if (map.layer >= 0) return map.layer;
  return maps.find(({ weight, layer }) => weight === map.weight && layer >= 0)?.layer ?? map.layer;
}

/** The nearest linear maps that a value is computed by, whatever rotates, normalises or moves it in between. */
function before(walk: TokenWalk, maps: readonly LinearMap[], from: string): LinearMap[] {
  const found: LinearMap[] = [];
  const seen = new Set<string>();
  const open = [from];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const map = maps.find(({ result, product }) => result === name || product === name);
    if (map !== undefined) {
      if (!found.includes(map)) found.push(map);
      continue;
    }
    const inputs = walk.writers.get(name)?.inputs ?? [];
    open.push(...inputs.filter((input) => walk.tokens.has(input)));
  }
  return found;
}

/** The first linear maps behind a value, as far as nothing else of the tokens is added. */
function behind(walk: TokenWalk, maps: readonly LinearMap[], from: string): LinearMap[] {
  const reached = new Set([from]);
  const found: LinearMap[] = [];
  const open = [from];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    for (const reader of walk.readers.get(name) ?? []) {
      const map = maps.find(({ node }) => node === reader);
      if (map !== undefined) found.push(map);
      const own = reader.inputs.every((input) => !walk.tokens.has(input) || reached.has(input));
      if (map !== undefined || !own) continue;
      for (const output of reader.outputs.filter((output) => !reached.has(output))) {
        reached.add(output);
        open.push(output);
      }
    }
  }
  return found;
}

function rolesOf(
  map: Placed,
  maps: readonly Placed[],
  parts: AttentionParts | undefined,
): readonly LinearRole[] {
  if (parts === undefined) return ["other"];
  const inAttention = attentionRoles(map, parts);
  if (inAttention.length > 0) return inAttention;
  const others = maps.filter(
    (one) => one.layer === map.layer && attentionRoles(one, parts).length === 0,
  );
  return [map === others.at(-1) ? "output" : "intermediate"];
}

function attentionRoles(map: LinearMap, parts: AttentionParts): LinearRole[] {
  const has = (list: readonly LinearMap[]): boolean =>
    list.some(({ node, weight }) => node === map.node || weight === map.weight);
  const roles: LinearRole[] = [];
  if (has(parts.query)) roles.push("query");
  if (has(parts.key)) roles.push("key");
  if (has(parts.value)) roles.push("value");
  if (has(parts.output)) roles.push("attention-output");
  return roles;
}
