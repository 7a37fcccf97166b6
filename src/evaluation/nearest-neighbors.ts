import type { Matrix } from "../math/tensor.js";
import { searchTopK } from "../search/scores.js";

/** Vectors of unit length [n, d] with their classes y_i, 0 … classes − 1. */
export interface Reference {
  readonly x: Matrix;
  readonly y: ArrayLike<number>;
  readonly classes: number;
}

/**
 * k-nearest-neighbours classification by cosine: the commonest class among the k most similar reference rows of each
 * query [m], every neighbour with one vote. Equal votes go to the smaller class, as in scikit-learn's
 * `KNeighborsClassifier(k, metric="cosine")`; of equally similar rows the earlier one is the nearer (there: unspecified).
 */
export async function predictByNeighbors(
  { x, y, classes }: Reference,
  queries: Matrix,
  k: number,
): Promise<Int32Array> {
  const nearest = await searchTopK(queries, x, k);
  const votes = new Uint32Array(classes);
  return Int32Array.from({ length: queries.rows }, (_, query) => {
    votes.fill(0);
    for (const neighbor of nearest.candidates(query)) votes[y[neighbor]] += 1;
    return votes.indexOf(Math.max(...votes));
  });
}
