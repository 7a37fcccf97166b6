import { UserError } from "../../errors/user-error.js";
import type { Graph, Shape } from "../../graph/ir.js";
import { cloneGraph, prefixComputed, type RewriteNote, removeDead } from "../../graph/rewrite.js";
import { finiteMasks } from "../../graph/rewrites/finite-masks.js";
import { raiseGelu } from "../../graph/rewrites/gelu.js";
import { raiseLayerNormalization } from "../../graph/rewrites/layer-normalization.js";
import {
  type TransformerLayers,
  transformerLayers,
} from "../../graph/rewrites/transformer-layers.js";
import { weightsOf } from "../../graph/rewrites/weights.js";
import { layerOfName } from "./layer-names.js";
import type { PlacedWeight } from "./trained-weights.js";
import { weightRole } from "./weight-roles.js";

/** The input [B, T] that is 1 at tokens and 0 at padding. */
export const ATTENTION_MASK = "attention_mask";

/** An imported encoder, brought into a form that later steps build on. */
export interface PreparedEncoder {
  /** Its only output is the token vectors [B, T, H]. */
  readonly graph: Graph;
  /** Name of the token vectors. */
  readonly hidden: string;
  readonly layers: TransformerLayers;
  /** L: number of layers. */
  readonly depth: number;
  readonly weights: readonly PlacedWeight[];
  readonly notes: readonly RewriteNote[];
}

/**
 * Reduces an imported encoder to its token vectors, recognises layer normalisation, GELU, attention and layers, and finds
 * for each weight the layer it belongs to: by its name where that says it, else by the first layer that reads it. The
 * graph itself is not changed.
 */
export function prepareEncoder(imported: Graph, output = tokenOutput(imported)): PreparedEncoder {
  const graph = cloneGraph(imported);
  graph.outputs.splice(0, graph.outputs.length, output);
  removeDead(graph);
  prefixComputed(graph, "encoder/");
  const notes = [
    ...fusedNotes(imported),
    finiteMasks(graph),
    raiseLayerNormalization(graph),
    raiseGelu(graph),
  ];
  const text = textShape(graph);
  const layers = transformerLayers(graph, text);
  const { sites, unknown } = layers.attention;
  const note =
    unknown === 0 ? "" : `${unknown} softmaxes over tokens are no attention as it is known`;
  notes.push({ name: "attention", applied: sites.length, note });
  const weights = placedWeights(graph, layers);
  const deepest = Math.max(-1, ...weights.map(({ layer }) => layer));
  const depth = Math.max(sites.length, deepest + 1);
  return { graph, hidden: graph.outputs[0], layers, depth, weights, notes };
}

/** That operators which the file has fused are trained as plain ones; the file keeps them. */
function fusedNotes({ raised = [] }: Graph): RewriteNote[] {
  if (raised.length === 0) return [];
  const note = `trained as plain operators: ${raised.join(", ")}`;
  return [{ name: "fused operators", applied: raised.length, note }];
}

/** The encoder's output with token vectors. */
function tokenOutput(graph: Graph): string {
  const names = ["last_hidden_state", "token_embeddings"];
  const found = names.find((name) => graph.outputs.includes(name));
  if (found !== undefined) return found;
  throw new UserError(
    "no-token-output",
    `the encoder has no output ${names.join(" or ")}, only ${graph.outputs.join(", ")}`,
    { hint: "export the encoder with optimum-cli export onnx --task feature-extraction" },
  );
}

/** [B, T] by the names of the graph's dimensions. */
export function textShape(graph: Graph): Shape {
  const mask = graph.inputs.find(({ name }) => name === ATTENTION_MASK);
  if (mask?.shape.length === 2) return mask.shape;
  throw new UserError("unknown-inputs", `the encoder has no input ${ATTENTION_MASK} [B, T]`);
}

function placedWeights(graph: Graph, layers: TransformerLayers): PlacedWeight[] {
  return weightsOf(graph).map((weight) => {
    const { name, readers } = weight;
    const byName = layerOfName(name);
    const byGraph = Math.min(...readers.map((node) => layers.layerOf(node)));
    return { name, layer: byName ?? byGraph, role: weightRole(weight, layers) };
  });
}
