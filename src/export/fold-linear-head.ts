import { appendGraph } from "../encoder/append-graph.js";
import { GraphBuilder } from "../graph/builder.js";
import { emptyGraph } from "../graph/ir.js";
import { matmul } from "../graph/ops/index.js";
import { type Tensor, transposed } from "../math/tensor.js";
import type { ModelProto } from "../onnx/model.js";
import { freeName } from "./free-name.js";
import { renameValue } from "./rename-value.js";

/**
 * Folds a linear head without bias into the model: one MatMul on the token vectors, [B,T,H] → [B,T,D].
 * W·mean(h) = mean(W·h), and the same for the first and the last token, so pooling the new output gives the head's embedding;
 * normalising it takes out whatever scale a normalisation before the head had taken out.
 * @param output name of the model's token vectors; the new output keeps it.
 * @param weight W [D,H].
 */
export function foldLinearHead(model: ModelProto, output: string, weight: Tensor): ModelProto {
  const [, width = 0] = weight.shape;
  const inner = freeName(model, `embtune/${output}`);
  const graph = emptyGraph("head");
  const b = new GraphBuilder(graph);
  const hidden = b.input(inner, "float32", ["batch_size", "sequence_length", width]);
  const projected = matmul(b, hidden, b.initializer("weight", transposed(weight)));
  b.output(b.named(projected, output));
  return appendGraph(renameValue(model, output, inner), graph, freeName(model, "embtune/head"));
}
