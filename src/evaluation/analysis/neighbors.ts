import { mean } from "../../math/statistics.js";
import type { Matrix } from "../../math/tensor.js";
import { createTopK, visitScores } from "../../search/scores.js";

/** Neighbours that count, where no other number is asked for. */
const NEIGHBORS = 10;

/** The nearest other rows of each row by cosine [n, k], k = min(count, n − 1), the nearest first, of unit vectors. */
export async function neighborsOf(unit: Matrix, count = NEIGHBORS): Promise<readonly Int32Array[]> {
  const k = Math.min(count, unit.rows - 1);
  const best = createTopK(unit.rows, k);
  await visitScores(unit, unit, (i, first, scores) => {
    for (let j = 0; j < scores.length; j++)
      if (first + j !== i) best.offer(i, first + j, scores[j]);
  });
  return Array.from({ length: unit.rows }, (_, i) => best.candidates(i));
}

/**
 * Skewness of how often each row is among the neighbours of others (k-occurrence; Radovanović et al. 2010): 0 where all are alike, greater
 * where a few texts, the hubs, are near to everything. NaN where all occur equally often.
 */
export function hubness(neighbors: readonly Int32Array[]): number {
  const counts = new Float64Array(neighbors.length);
  for (const list of neighbors) for (const j of list) counts[j] += 1;
  const center = mean(counts);
  const variance = mean(counts.map((count) => (count - center) ** 2));
  return mean(counts.map((count) => (count - center) ** 3)) / variance ** 1.5;
}

/** Mean share of each row's neighbours that two models have in common. */
export function overlap(a: readonly Int32Array[], b: readonly Int32Array[]): number {
  return mean(
    a.map((list, i) => {
      const other = new Set(b[i]);
      return list.filter((j) => other.has(j)).length / list.length;
    }),
  );
}
