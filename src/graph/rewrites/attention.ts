import type { Graph, Node, Shape } from "../ir.js";
import { contextShape, scoresShape } from "./attention-steps.js";
import { type TokenWalk, walkTokens } from "./token-graph.js";
import { isOfTokens } from "./token-layout.js";

/**
 * Scaled dot-product attention (Vaswani 2017, equation 1) as it stands in a graph, by the names of values:
 * context = softmax(q · kᵀ + …) · v. What comes before the products (rotations, normalisation, repeated heads) is not part of it.
 */
export interface AttentionSite {
  /** [B, h, T, d] */
  readonly query: string;
  /** [B, h, d, T] */
  readonly key: string;
  /** [B, h, T, d] */
  readonly value: string;
  /** q · kᵀ [B, h, T, T], before scaling and masks. */
  readonly scores: string;
  readonly softmax: Node;
  /** What is multiplied with the values: the softmax, or that with NaN replaced. */
  readonly weights: string;
  /** [B, h, T, d] */
  readonly context: string;
  readonly heads: number;
  readonly headSize: number;
}

/** Attention of a graph, and how many softmaxes over tokens are something else. */
export interface AttentionSites {
  readonly sites: readonly AttentionSite[];
  readonly unknown: number;
}

/** Finds attention by its two products and the softmax between them. `text` is [B, T]. */
export function attentionSites(graph: Graph, text: Shape): AttentionSites {
  return sitesOf(walkTokens(graph, text));
}

/** As `attentionSites`, of a graph that has been walked. */
export function sitesOf(walk: TokenWalk): AttentionSites {
  const sites = walk.graph.nodes.map((node) => match(walk, node)).filter((s) => s !== undefined);
  const softmaxes = walk.graph.nodes.filter((node) => isOverTokens(walk, node));
  const known = new Set(sites.map(({ softmax }) => softmax));
  return { sites, unknown: softmaxes.filter((node) => !known.has(node)).length };
}

function isOverTokens({ graph, tokens, text }: TokenWalk, node: Node): boolean {
  const [output] = node.outputs;
  return (
    node.op === "Softmax" && tokens.has(output) && graph.types.get(output)?.shape.at(-1) === text[1]
  );
}

function match(walk: TokenWalk, node: Node): AttentionSite | undefined {
  const shape = contextShape(walk, node);
  if (shape === undefined) return undefined;
  const [weights, value] = node.inputs;
  const [softmax] = before(walk, weights, ({ op }) => op === "Softmax");
  const [product] =
    softmax === undefined
      ? []
      : before(walk, softmax.inputs[0], (own) => scoresShape(walk, own) !== undefined);
  if (softmax === undefined || product === undefined) return undefined;
  const { heads, headSize } = shape;
  const [query, key] = product.inputs;
  return {
    ...{ query, key, value, weights, softmax, heads, headSize },
    scores: product.outputs[0],
    context: node.outputs[0],
  };
}

/** The nearest nodes of a kind that a value of pairs is computed by, through other values of pairs. */
function before(walk: TokenWalk, from: string, is: (node: Node) => boolean): Node[] {
  const seen = new Set<string>();
  const found: Node[] = [];
  const open = [from];
  for (let name = open.shift(); name !== undefined; name = open.shift()) {
    const node = walk.writers.get(name);
    if (seen.has(name) || node === undefined || isOfTokens(walk.layouts.get(name))) continue;
    seen.add(name);
    if (is(node)) found.push(node);
    else open.push(...node.inputs.filter((input) => walk.tokens.has(input)));
  }
  return found;
}
