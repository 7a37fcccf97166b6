import type { Matrix } from "../math/tensor.js";

/** Similarity functions by the names that sentence-transformers gives their metrics. */
export const similarityNames = ["cosine", "dot", "euclidean", "manhattan"] as const;

export type SimilarityName = (typeof similarityNames)[number];

/**
 * Of each pair of rows (a_i, b_i): cosine (0 where either is zero), dot product, and the negative euclidean and manhattan distance, so that
 * greater is nearer in all. [n] each, in double precision.
 */
export function pairedSimilarities(a: Matrix, b: Matrix): Record<SimilarityName, Float64Array> {
  const found = {
    cosine: new Float64Array(a.rows),
    dot: new Float64Array(a.rows),
    euclidean: new Float64Array(a.rows),
    manhattan: new Float64Array(a.rows),
  };
  const d = a.cols;
  for (let i = 0; i < a.rows; i++) {
    let [dot, aa, bb, squares, absolute] = [0, 0, 0, 0, 0];
    for (let k = i * d; k < (i + 1) * d; k++) {
      const x = a.data[k];
      const y = b.data[k];
      dot += x * y;
      aa += x * x;
      bb += y * y;
      squares += (x - y) * (x - y);
      absolute += Math.abs(x - y);
    }
    found.cosine[i] = aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
    found.dot[i] = dot;
    found.euclidean[i] = -Math.sqrt(squares);
    found.manhattan[i] = -absolute;
  }
  return found;
}
