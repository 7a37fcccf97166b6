import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph, type Graph } from "../../graph/ir.js";
import { gather } from "../../graph/ops/index.js";
import type { Tensor } from "../../math/tensor.js";
import type { Piece } from "../architectures/declare.js";
import { textInputs } from "../architectures/text-inputs.js";

/** sentence-transformers' own name. */
const STATIC_TABLE = "embedding.weight";

/** Name of the output with token vectors, as exporters of encoders give it. */
const HIDDEN = "last_hidden_state";

/** A static model as a graph like any encoder's. */
export interface StaticGraph {
  readonly graph: Graph;
  readonly hidden: string;
  readonly pieces: readonly Piece[];
}

/**
 * A static model: the vector of a token is its row of a table [V, H], whatever stands around it. Inputs input_ids and attention_mask [B, T],
 * output token vectors [B, T, H]. The one parameter is called `embeddings`, as in model2vec's files, which sentence-transformers reads too.
 * `name` is what the table is called in the graph and in checkpoints.
 */
export function staticGraph(table: Tensor, name = STATIC_TABLE): StaticGraph {
  const b = new GraphBuilder(emptyGraph("encoder"));
  const { ids } = textInputs(b);
  const rows = gather(b, b.initializer(name, table), ids);
  const node = { op: "Identity", domain: "", name: "token_vectors", attributes: {} };
  const [output] = b.append({ ...node, inputs: [rows.name], outputs: [HIDDEN] });
  b.output(output);
  const { shape } = table;
  const piece: Piece = { name, parameter: "embeddings", shape, transposed: false };
  return { graph: b.graph, hidden: HIDDEN, pieces: [piece] };
}
