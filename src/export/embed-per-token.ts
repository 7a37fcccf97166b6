import { appendGraph } from "../encoder/append-graph.js";
import { buildHead, type HeadSpec } from "../encoder/head.js";
import { poolTokens } from "../encoder/pooling.js";
import { type Pooling, poolingModes } from "../encoder/pooling-mode.js";
import { unitLength } from "../encoder/portable.js";
import { GraphBuilder } from "../graph/builder.js";
import { emptyGraph } from "../graph/ir.js";
import { add, cast, mul, reshape, scalarLike } from "../graph/ops/index.js";
import type { Tensor } from "../math/tensor.js";
import type { ModelProto } from "../onnx/model.js";
import { freeName } from "./free-name.js";
import { renameValue } from "./rename-value.js";

/** The output that is the embedding itself. */
const EMBEDDING = "sentence_embedding";

/** What is put behind the token vectors. */
export interface BroadcastForm {
  readonly pooling: Pooling;
  /** Whether the head was trained on vectors of length 1, and embeddings get length 1. */
  readonly normalize: boolean;
  readonly head: HeadSpec;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

/**
 * Puts pooling and head into the model. Its output keeps its name and becomes the embedding repeated at every token position
 * [B,T,D], so that any pooling returns it; the embedding itself is the output `sentence_embedding` [B,D]. For heads that do
 * not commute with pooling (an MLP, a bias after normalisation) and for readers that take the first token whatever the model says.
 * Every node means the same in ONNX's operator sets 11 to 21.
 */
export function broadcastForm(model: ModelProto, output: string, form: BroadcastForm): ModelProto {
  const { head, normalize } = form;
  const inner = freeName(model, `embtune/${output}`);
  const graph = emptyGraph("head");
  const b = new GraphBuilder(graph);
  const width = head.inputDim / poolingModes(form.pooling).length;
  const hidden = b.input(inner, "float32", ["batch_size", "sequence_length", width]);
  const mask = b.input("attention_mask", "int64", ["batch_size", "sequence_length"]);
  const pooled = poolTokens(b, form.pooling, { hidden, mask });
  const weights = new Map(
    [...form.parameters].map(([name, tensor]) => [name, b.initializer(name, tensor)]),
  );
  // A model's own modules follow pooling at once.
  const x = normalize && head.kind !== "modules" ? unitLength(b, pooled) : pooled;
  const y = buildHead(b, head, x, weights);
  const embedding = normalize ? unitLength(b, y) : y;
  const zeros = mul(b, reshape(b, cast(b, mask, "float32"), [0, -1, 1]), scalarLike(b, 0, y));
  b.output(b.named(add(b, zeros, reshape(b, embedding, [0, 1, -1])), output));
  b.output(b.named(embedding, EMBEDDING));
  const below = renameValue(withoutEmbedding(model), output, inner);
  return appendGraph(below, graph, freeName(model, "embtune/head"));
}

/** The model with the embedding of an earlier head, where it has one, under another name. */
function withoutEmbedding(model: ModelProto): ModelProto {
  const isMade = model.graph?.node.some(({ output }) => output.includes(EMBEDDING)) ?? false;
  return isMade ? renameValue(model, EMBEDDING, freeName(model, `embtune/${EMBEDDING}`)) : model;
}
