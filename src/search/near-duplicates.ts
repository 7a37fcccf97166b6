import type { Matrix } from "../math/tensor.js";
import type { Neighbours } from "./neighbours.js";
import { visitScores } from "./scores.js";

/** Two texts and their cosine; `first` < `second`. */
interface NearPair {
  readonly first: number;
  readonly second: number;
  readonly score: number;
}

/** Every pair among the neighbours once, by falling cosine; of equal ones the earlier texts first. The first k are the nearest of all pairs. */
export function nearPairs({ texts, k, documents, scores }: Neighbours): NearPair[] {
  const pairs = new Map<number, NearPair>();
  for (let i = 0; i < texts; i++) {
    for (let at = i * k; at < (i + 1) * k; at++) {
      const [first, second] = [Math.min(i, documents[at]), Math.max(i, documents[at])];
      pairs.set(first * texts + second, { first, second, score: scores[at] });
    }
  }
  return [...pairs.values()].sort(
    (a, b) => b.score - a.score || a.first - b.first || a.second - b.second,
  );
}

/** Texts that are connected through pairs. */
export interface NearGroup {
  /** Rising. */
  readonly members: readonly number[];
  /** The lowest cosine of a pair that was found in it. */
  readonly least: number;
}

/**
 * Groups of two or more rows of unit length that are connected through cosines of at least `threshold`, the largest first. A row whose k
 * neighbours all reach it is compared with every other, so that no connection is missed.
 */
export async function nearGroups(
  unit: Matrix,
  neighbours: Neighbours,
  threshold: number,
): Promise<NearGroup[]> {
  const { texts, k, documents, scores } = neighbours;
  const sets = openSets(texts);
  const crowded: number[] = [];
  for (let i = 0; i < texts; i++) {
    let at = i * k;
    for (; at < (i + 1) * k && scores[at] >= threshold; at++)
      sets.join(i, documents[at], scores[at]);
    if (at === (i + 1) * k && k < texts - 1) crowded.push(i);
  }
  await visitScores(rowsAt(unit, crowded), unit, (row, first, found) => {
    for (let j = 0; j < found.length; j++) {
      if (found[j] >= threshold && first + j !== crowded[row])
        sets.join(crowded[row], first + j, found[j]);
    }
  });
  return sets.groups();
}

function rowsAt({ cols, data }: Matrix, rows: readonly number[]): Matrix {
  const some = new Float32Array(rows.length * cols);
  rows.forEach((row, i) => {
    some.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { rows: rows.length, cols, data: some };
}

/** Sets of rows that grow together (union-find), each with the lowest score that joined it. */
function openSets(rows: number) {
  const parent = Int32Array.from({ length: rows }, (_, i) => i);
  const least = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const rootOf = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]];
      at = parent[at];
    }
    return at;
  };
  return {
    join: (first: number, second: number, score: number): void => {
      const [a, b] = [rootOf(first), rootOf(second)];
      const root = Math.min(a, b);
      least[root] = Math.min(least[a], least[b], score);
      parent[Math.max(a, b)] = root;
    },
    groups: (): NearGroup[] => {
      const members = new Map<number, number[]>();
      for (let i = 0; i < rows; i++) {
        const root = rootOf(i);
        members.set(root, [...(members.get(root) ?? []), i]);
      }
      return [...members]
        .filter(([, list]) => list.length > 1)
        .map(([root, list]) => ({ members: list, least: least[root] }))
        .sort((a, b) => b.members.length - a.members.length || a.members[0] - b.members[0]);
    },
  };
}
