import { floatOf, stringOf } from "../attributes.js";
import { GraphBuilder } from "../builder.js";
import type { Graph, Node, Shape } from "../ir.js";
import { dropout, mul } from "../ops/index.js";
import { type RewriteNote, sortNodes, substitute } from "../rewrite.js";
import type { TransformerLayers } from "./transformer-layers.js";

/** Probabilities with which elements are dropped; 0 or absent: none at these places. */
export interface DropoutRates {
  /** After the layer normalisation of the embeddings. */
  readonly embeddings?: number;
  /** Of attention weights, after the softmax. */
  readonly attention?: number;
  /** After the linear map behind attention, before the residual sum. */
  readonly attentionOutput?: number;
  /** After the second linear map of the feed-forward part, before the residual sum. */
  readonly feedForward?: number;
}

/** One place with dropout: the mask is a graph input whose elements are 0 or 1/(1 − rate). */
export interface DropoutSite {
  /** `dropout.embeddings`, `dropout.0.attention`, `dropout.0.attention-output`, `dropout.0.feed-forward`. */
  readonly name: string;
  readonly rate: number;
  /** With the names of the graph's dimensions. */
  readonly shape: Shape;
}

/** A value to be dropped out. */
interface Place {
  readonly value: string;
  readonly site: string;
  readonly rate: number | undefined;
}

/**
 * Marks where dropout belongs, as BERT has it (Devlin 2019): after the embeddings, on attention weights, and on both
 * outputs of a layer before they are added to its input. Exporters leave it out, so the places are found by pattern.
 * Places of `layers` that the graph does not compute (those before a cut) are passed over.
 */
export function markDropout(
  graph: Graph,
  layers: TransformerLayers,
  rates: DropoutRates,
): RewriteNote {
  const b = new GraphBuilder(graph);
  const written = new Set(graph.nodes.flatMap((node) => node.outputs));
  const found = places(layers, rates).filter(({ value }) => written.has(value));
  const marks = new Map<string, string>();
  for (const { value, site, rate } of found) {
    if (rate !== undefined && rate > 0)
      marks.set(value, dropout(b, b.value(value), { site, rate }).name);
  }
  readMarks(graph, marks);
  const depth = found.filter(({ site }) => site.endsWith(".attention")).length;
  const note = found.length >= 3 * depth ? "" : "some of the usual places were not found";
  return { name: "dropout", applied: marks.size, note };
}

function places(layers: TransformerLayers, rates: DropoutRates): Place[] {
  const { boundaries, attention, linears } = layers;
  const site = (name: string) => `dropout.${name}`;
  const [first] = boundaries;
  const embedded = first === undefined ? [] : [embeddingPlace(layers, first)];
  const inLayers = attention.sites.map(({ weights }, i) => ({
    value: weights,
    site: site(`${i}.attention`),
    rate: rates.attention,
  }));
  const outputs = linears.flatMap(({ layer, roles, result }): Place[] => {
    if (roles.includes("attention-output"))
      return [
        { value: result, site: site(`${layer}.attention-output`), rate: rates.attentionOutput },
      ];
    if (!roles.includes("output")) return [];
    return [{ value: result, site: site(`${layer}.feed-forward`), rate: rates.feedForward }];
  });
  const head = embedded.map((value) => ({
    value,
    site: site("embeddings"),
    rate: rates.embeddings,
  }));
  return [...head, ...inLayers, ...outputs];
}

/** What enters the first layer, or the linear map before it where the embeddings are projected. */
function embeddingPlace({ linears }: TransformerLayers, boundary: string): string {
  return linears.find(({ result }) => result === boundary)?.input ?? boundary;
}

/** Lets all nodes but the marks themselves read the marks. */
function readMarks(graph: Graph, marks: ReadonlyMap<string, string>): void {
  const own = new Set(marks.values());
  const nodes = graph.nodes.map((node) =>
    own.has(node.outputs[0])
      ? node
      : { ...node, inputs: node.inputs.map((name) => marks.get(name) ?? name) },
  );
  graph.nodes.splice(0, graph.nodes.length, ...nodes);
  sortNodes(graph);
}

/** Whether the node marks a place for dropout. */
function isMark({ domain, op }: Node): boolean {
  return domain === "embtune" && op === "Dropout";
}

/** The places of a graph that are marked, in their order. */
function dropoutSites(graph: Graph): DropoutSite[] {
  return graph.nodes.filter(isMark).map((node) => ({
    name: stringOf(node, "site", ""),
    rate: floatOf(node, "rate", 0),
    shape: graph.types.get(node.outputs[0])!.shape,
  }));
}

/** Turns marks into products with mask inputs, named by the sites. */
export function dropoutMasks(graph: Graph): DropoutSite[] {
  const sites = dropoutSites(graph);
  const b = new GraphBuilder(graph);
  const substitutes = new Map<string, string>();
  for (const [i, node] of graph.nodes.filter(isMark).entries()) {
    const { name, shape } = sites[i];
    const x = b.value(node.inputs[0]);
    substitutes.set(node.outputs[0], mul(b, x, b.input(name, x.dtype, shape)).name);
  }
  substitute(graph, substitutes);
  return sites;
}
