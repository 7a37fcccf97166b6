import { GraphBuilder } from "../../graph/builder.js";
import type { Graph, Value } from "../../graph/ir.js";
import { l2Normalize } from "../../graph/ops/index.js";
import { cloneGraph, type RewriteNote } from "../../graph/rewrite.js";
import { expandGelu } from "../../graph/rewrites/activations.js";
import { type DropoutRates, markDropout } from "../../graph/rewrites/dropout.js";
import { joinLinear } from "../../graph/rewrites/linear.js";
import { addLowRank, type LowRankAdapter } from "../../graph/rewrites/low-rank.js";
import { shapesFromInput } from "../../graph/rewrites/shapes-from-input.js";
import { splitAt } from "../../graph/rewrites/split.js";
import { packTokens } from "../../graph/rewrites/token-rows.js";
import { tablesOf } from "../../graph/rewrites/weights.js";
import { POOLING_MASK, poolTokens } from "../pooling.js";
import type { Pooling } from "../pooling-mode.js";
import { ATTENTION_MASK, type PreparedEncoder, textShape } from "./prepare.js";
import { isTrained, type PlacedWeight, type Tuning } from "./trained-weights.js";

/** How texts become pooled vectors in training. */
export interface EmbeddingGraphOptions {
  readonly encoder: PreparedEncoder;
  readonly pooling: Pooling;
  /** Whether the tokens of a prompt are pooled; default true. Without them there is an input `pooling_mask`. */
  readonly includePrompt?: boolean | undefined;
  readonly tuning: Tuning;
  /** Whether vectors are divided by sqrt(Σx² + 1e-12), as the encoder's own are; default false. */
  readonly normalize?: boolean;
  /** Default: none. */
  readonly dropout?: DropoutRates | undefined;
  /** Whether padding is left out of the computation; default true. */
  readonly packed?: boolean;
  /** With `last`: begin at the first trained layer, whose input is fed. Default true. */
  readonly split?: boolean;
}

/** A graph from texts to vectors, ready to be continued. Weights are still initializers. */
export interface EmbeddingGraph {
  readonly b: GraphBuilder;
  /** Pooled vectors [B, H]. */
  readonly pooled: Value;
  /** Weights of the encoder to be trained. */
  readonly trained: readonly PlacedWeight[];
  readonly adapters: readonly LowRankAdapter[];
  /** Names of the embedding tables: their gradients can come as rows. */
  readonly tables: readonly string[];
  /** Whether it computes on rows of real tokens. */
  readonly packed: boolean;
  /** The input with token vectors at which it begins; undefined when it begins with token ids. */
  readonly boundary: string | undefined;
  readonly notes: readonly RewriteNote[];
}

/** Builds the graph from token ids, or the input of the first trained layer, to pooled vectors. */
export function embeddingGraph(options: EmbeddingGraphOptions): EmbeddingGraph {
  const { encoder, tuning } = options;
  const notes: RewriteNote[] = [];
  const { graph, boundary } = start(options, notes);
  if (options.dropout !== undefined)
    notes.push(markDropout(graph, encoder.layers, dropoutBehind(options.dropout, boundary)));
  const adapters = tuning.kind === "lora" ? addLowRank(graph, encoder.layers, tuning) : [];
  const packed = pack(graph, { ...options, boundary }, notes);
  expandGelu(graph);
  notes.push(joinLinear(graph));
  const b = new GraphBuilder(graph);
  const hidden = b.value(graph.outputs[0]);
  const mask = b.value(ATTENTION_MASK);
  const all = options.includePrompt !== false;
  const poolable = all ? undefined : b.input(POOLING_MASK, "int64", mask.shape);
  const means = poolTokens(b, options.pooling, { hidden, mask, pooled: poolable });
  const pooled = options.normalize === true ? l2Normalize(b, means) : means;
  graph.outputs.length = 0;
  const trained = encoder.weights.filter(
    (weight) => graph.initializers.has(weight.name) && isTrained(weight, tuning, encoder.depth),
  );
  return { b, pooled, trained, adapters, packed, boundary, notes, tables: tablesOf(graph) };
}

/** The encoder from its beginning or from a boundary. */
function start(
  { encoder, tuning, split = true }: EmbeddingGraphOptions,
  notes: RewriteNote[],
): { graph: Graph; boundary: string | undefined } {
  const cut = tuning.kind === "last" && split ? boundaryOf(encoder, tuning.layers) : undefined;
  if (cut === undefined) return { graph: cloneGraph(encoder.graph), boundary: undefined };
  // Sizes measured on the token vectors before the cut would keep all of them alive behind it.
  const whole = cloneGraph(encoder.graph);
  shapesFromInput(whole, ATTENTION_MASK);
  const parts = splitAt(whole, cut, textShape(whole));
  const note = parts === undefined ? "token vectors pass the cut at several places" : "";
  notes.push({ name: "frozen prefix", applied: parts === undefined ? 0 : 1, note });
  if (parts === undefined) return { graph: cloneGraph(encoder.graph), boundary: undefined };
  return { graph: parts.suffix, boundary: cut };
}

/** What enters the last `count` layers; undefined when that is everything. */
export function boundaryOf(encoder: PreparedEncoder, count: number): string | undefined {
  const { boundaries } = encoder.layers;
  return count >= 1 && count <= boundaries.length
    ? boundaries[boundaries.length - count]
    : undefined;
}

function dropoutBehind(rates: DropoutRates, boundary: string | undefined): DropoutRates {
  return boundary === undefined ? rates : { ...rates, embeddings: 0 };
}

/** Leaves out padding where that is wanted and possible. */
function pack(
  graph: Graph,
  options: { readonly packed?: boolean; readonly boundary: string | undefined },
  notes: RewriteNote[],
): boolean {
  shapesFromInput(graph, ATTENTION_MASK);
  if (options.packed === false) return false;
  const rowInputs = options.boundary === undefined ? [] : [options.boundary];
  const note = packTokens(graph, { attentionMask: ATTENTION_MASK, rowInputs });
  notes.push(note);
  return note.applied > 0;
}
