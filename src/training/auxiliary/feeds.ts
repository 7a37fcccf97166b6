import { internal } from "../../errors/internal.js";
import { rowCosine } from "../../evaluation/cosine.js";
import { float32, type Matrix, matrixTensor, type Tensor } from "../../math/tensor.js";
import type { Similarity } from "../../objectives/common-options.js";
import type { ObjectiveInput } from "../../objectives/roles.js";
import type { BatchMaker, TextBatch } from "../batches/batch-maker.js";
import type { Feeds } from "../batches/head-feeds.js";
import type { AuxiliaryUse } from "./use.js";

/** Vectors of another model by text number. */
export type Gather = (numbers: Int32Array) => Matrix;

/** Inputs of the objective that another model fills. */
export function auxiliaryRoles(
  use: AuxiliaryUse | undefined,
  { negatives }: BatchMaker,
): ObjectiveInput[] {
  if (use === undefined) return [];
  if (use.kind !== "guide") return ["teacher"];
  return ["guideAnchors", "guidePositives", ...(negatives > 0 ? ["guideNegatives" as const] : [])];
}

/** Those inputs for a batch: guide vectors [B,G], [B,K,G]; teacher vectors [B,D]; teacher margins [B,K]. None without another model. */
export function auxiliaryFeeds(
  use: AuxiliaryUse | undefined,
  { texts }: TextBatch,
  gather: Gather | undefined,
): Feeds {
  if (use === undefined || gather === undefined) return {};
  if (use.kind === "vectors") return { teacher: matrixTensor(gather(present(texts.embeddings))) };
  const anchors = gather(present(texts.anchors));
  const positives = gather(present(texts.positives));
  const negatives = texts.negatives === undefined ? undefined : gather(texts.negatives);
  if (use.kind === "margin")
    return {
      teacher: margins(
        anchors,
        positives,
        negatives ?? internal("margins without negatives"),
        use.similarity,
      ),
    };
  const vectors = { guideAnchors: matrixTensor(anchors), guidePositives: matrixTensor(positives) };
  if (negatives === undefined) return vectors;
  const shape = [anchors.rows, negatives.rows / anchors.rows, negatives.cols];
  return { ...vectors, guideNegatives: float32(shape, negatives.data) };
}

function present(numbers: Int32Array | undefined): Int32Array {
  return numbers ?? internal("a batch lacks the texts that another model is asked about");
}

/** sim(a_i, p_i) − sim(a_i, n_ik) [B,K]. */
function margins(
  anchors: Matrix,
  positives: Matrix,
  negatives: Matrix,
  similarity: Similarity,
): Tensor {
  const B = anchors.rows;
  const K = negatives.rows / B;
  const data = new Float32Array(B * K);
  for (let i = 0; i < B; i++) {
    const near = rowSimilarity(similarity, [anchors, i], [positives, i]);
    for (let k = 0; k < K; k++) {
      const far = rowSimilarity(similarity, [anchors, i], [negatives, i * K + k]);
      data[i * K + k] = near - far;
    }
  }
  return float32([B, K], data);
}

type Row = readonly [matrix: Matrix, row: number];

function rowSimilarity(similarity: Similarity, [a, i]: Row, [b, j]: Row): number {
  if (similarity === "cosine") return rowCosine(a, i, b, j);
  let dot = 0;
  for (let k = 0; k < a.cols; k++) dot += a.data[i * a.cols + k] * b.data[j * b.cols + k];
  return dot;
}
