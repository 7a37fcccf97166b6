import { GraphBuilder } from "../../graph/builder.js";
import { emptyGraph } from "../../graph/ir.js";
import { lower } from "../../graph/lower.js";
import {
  expand,
  gatherElements,
  gemm,
  reduceMax,
  reshape,
  topK,
  unsqueeze,
} from "../../graph/ops/index.js";
import { type Matrix, matrixTensor } from "../../math/tensor.js";
import { encode } from "../../onnx/model.js";

/** Documents whose best score stands for all of them in the first step. */
export const groupSize = 32;

/** Products of a block of queries with a block of documents, and the best of them. */
export interface TopShape {
  /** Q: queries of a block. */
  readonly queries: number;
  /** k ≤ G. */
  readonly k: number;
}

/**
 * The k largest of q·cᵀ in each row, exactly, without sorting whole rows: documents N = 32·G are taken in G groups (j, j + G, …), the k groups
 * with the largest maxima hold the k largest scores, and the best are taken among their 32·k. Inputs: queries [Q,D]. Outputs: `scores`
 * [Q,k] falling, `places` [Q,k] among the gathered, `groups` [Q,k]; document = ⌊place / k⌋·G + groups[place mod k].
 */
export function topGraph(documents: Matrix, { queries: Q, k }: TopShape): Uint8Array {
  const G = documents.rows / groupSize;
  const b = new GraphBuilder(emptyGraph("search"));
  const q = b.input("queries", "float32", [Q, documents.cols]);
  const c = b.initializer("documents", matrixTensor(documents));
  const products = reshape(b, gemm(b, q, c, { transB: true }), [Q, groupSize, G]);
  const { indices: groups } = topK(b, reduceMax(b, products, { axes: [1] }), k);
  const wanted = expand(b, unsqueeze(b, groups, [1]), [Q, groupSize, k]);
  const gathered = reshape(b, gatherElements(b, products, wanted, 2), [Q, groupSize * k]);
  const { values, indices } = topK(b, gathered, k);
  b.output(b.named(values, "scores"));
  b.output(b.named(indices, "places"));
  b.output(b.named(groups, "groups"));
  return encode(lower(b.graph));
}

/** All products q·cᵀ: queries [Q,D] → `scores` [Q,N]; Q may differ from run to run. */
export function productGraph(documents: Matrix): Uint8Array {
  const b = new GraphBuilder(emptyGraph("products"));
  const q = b.input("queries", "float32", ["Q", documents.cols]);
  const c = b.initializer("documents", matrixTensor(documents));
  b.output(b.named(gemm(b, q, c, { transB: true }), "scores"));
  return encode(lower(b.graph));
}
