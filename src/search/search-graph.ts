import { GraphBuilder } from "../graph/builder.js";
import { emptyGraph, type Value } from "../graph/ir.js";
import { lower } from "../graph/lower.js";
import {
  add,
  cast,
  div,
  expand,
  gatherElements,
  gemm,
  greater,
  maximum,
  minimum,
  mul,
  reduceMax,
  reduceSum,
  reshape,
  scalar,
  sub,
  topK,
  unsqueeze,
} from "../graph/ops/index.js";
import { type Matrix, matrixTensor } from "../math/tensor.js";
import { encode } from "../onnx/model.js";

/** Documents whose best score stands for all of them in the first step. */
export const groupSize = 16;

/** Products of a block of queries with a block of documents, and the best of them. */
interface TopShape {
  /** Q: queries of a block. */
  readonly queries: number;
  /** k ≤ G. */
  readonly k: number;
}

/**
 * The scores of q·cᵀ in each row that are among its k largest and above the row's threshold, exactly, without sorting whole rows. Documents
 * N = 16·G are taken in G groups (j, j + G, …). What is above the threshold is in groups whose maxima are: g of them at most in any row. The
 * min(g, k) groups with the largest maxima hold the min(g, k) largest scores, and the best are taken among their 16·min(g, k). Where earlier
 * blocks have raised the thresholds, g is small and so is the work. Inputs: queries [Q,D], thresholds [Q,1], −∞ where there is none. Outputs:
 * `scores` [Q,m] falling, m ≤ k, those of a row at or below its threshold to be left out, and `found` [Q,m], their documents' numbers (int32).
 */
export function topGraph(documents: Matrix, { queries: Q, k }: TopShape): Uint8Array {
  const G = documents.rows / groupSize;
  const b = new GraphBuilder(emptyGraph("search"));
  const q = b.input("queries", "float32", [Q, documents.cols]);
  const thresholds = b.input("thresholds", "float32", [Q, 1]);
  const c = b.initializer("documents", matrixTensor(documents));
  const products = reshape(b, gemm(b, q, c, { transB: true }), [Q, groupSize, G]);
  const maxima = reduceMax(b, products, { axes: [1] });
  const some = mostAbove(b, maxima, { thresholds, k });
  const { indices: groups } = topK(b, maxima, some, { sorted: false });
  const wanted = expand(b, unsqueeze(b, groups, [1]), [1, groupSize, 1]);
  const gathered = reshape(b, gatherElements(b, products, wanted, 2), [Q, -1]);
  const { values, indices } = topK(b, gathered, mostAbove(b, gathered, { thresholds, k }));
  b.output(b.named(values, "scores"));
  b.output(b.named(documentNumbers(b, indices, { groups, count: some, G }), "found"));
  return encode(lower(b.graph));
}

interface Grouping {
  /** The chosen groups [Q,g], and g as an int64 [1]. */
  readonly groups: Value;
  readonly count: Value;
  readonly G: number;
}

/** Of places [Q,m] among the gathered: ⌊place / g⌋·G + groups[place mod g]. */
function documentNumbers(b: GraphBuilder, places: Value, { groups, count, G }: Grouping): Value {
  const row = div(b, places, count);
  const column = sub(b, places, mul(b, row, count));
  const numbers = add(b, mul(b, row, scalar(b, G, "int64")), gatherElements(b, groups, column, 1));
  return cast(b, numbers, "int32");
}

/** How many numbers of a row [Q,n] are above its threshold in the row that has most, between 1 and k: int64 [1]. */
function mostAbove(
  b: GraphBuilder,
  x: Value,
  { thresholds, k }: { readonly thresholds: Value; readonly k: number },
): Value {
  const above = cast(b, greater(b, x, thresholds), "float32");
  const most = reduceMax(b, reduceSum(b, above, { axes: [1] }), { axes: [0], keepDims: true });
  const limited = minimum(b, maximum(b, most, scalar(b, 1, "float32")), scalar(b, k, "float32"));
  return cast(b, limited, "int64");
}

/** All products q·cᵀ: queries [Q,D] → `scores` [Q,N]; Q may differ from run to run. */
export function productGraph(documents: Matrix): Uint8Array {
  const b = new GraphBuilder(emptyGraph("products"));
  const q = b.input("queries", "float32", ["Q", documents.cols]);
  const c = b.initializer("documents", matrixTensor(documents));
  b.output(b.named(gemm(b, q, c, { transB: true }), "scores"));
  return encode(lower(b.graph));
}
