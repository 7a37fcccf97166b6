import type { Matrix } from "../math/tensor.js";
import type { Runtime } from "../runtime/runtime.js";
import { searchExact } from "./exact-search.js";
import type { TopList } from "./top-list.js";

/** The k nearest other texts of each of n [n,k], by falling cosine. */
export interface Neighbours {
  readonly texts: number;
  readonly k: number;
  readonly documents: Int32Array;
  readonly scores: Float32Array;
}

/** The k nearest other rows of each row of unit length, exactly; all others where there are fewer, none of a single row or of none. */
export async function searchNeighbours(
  unit: Matrix,
  {
    runtime,
    k: wanted,
    signal,
  }: { readonly runtime: Runtime; readonly k: number; readonly signal?: AbortSignal | undefined },
): Promise<Neighbours> {
  const k = Math.max(0, Math.min(wanted, unit.rows - 1));
  const list = await searchExact({ runtime, queries: unit, documents: unit, k: k + 1, signal });
  return withoutSelf(list, k);
}

/** A row is among its own nearest, unless more than k equal it. */
function withoutSelf({ queries, k: found, documents, scores }: TopList, k: number): Neighbours {
  const others = { documents: new Int32Array(queries * k), scores: new Float32Array(queries * k) };
  for (let i = 0; i < queries; i++) {
    let to = i * k;
    for (let at = i * found; at < (i + 1) * found && to < (i + 1) * k; at++) {
      if (documents[at] === i) continue;
      others.documents[to] = documents[at];
      others.scores[to] = scores[at];
      to += 1;
    }
  }
  return { texts: queries, k, ...others };
}
