import type { PairRow } from "../rows/row-types.js";
import { componentsOf } from "./components.js";

/**
 * Pair rows as numbers: every distinct text has an id, so that its embedding is computed once and batches are gathered by id.
 * n rows, T texts.
 */
export interface PairIndex {
  /** The distinct texts; a text's id is its place here. */
  readonly texts: readonly string[];
  /** Text ids of anchors and positives [n]. */
  readonly anchors: Int32Array;
  readonly positives: Int32Array;
  /** Text ids of the explicit negatives of row i: negatives[negativeStart[i]] … negatives[negativeStart[i + 1] − 1]. */
  readonly negatives: Int32Array;
  readonly negativeStart: Int32Array;
  /** The largest number of explicit negatives of a row. */
  readonly maxNegatives: number;
  /**
   * Component of each row [n]: rows joined by shared anchors or positives, in either role, or by an equal group. They never serve as
   * each other's negatives.
   */
  readonly components: Int32Array;
  /** Component of each text [T] that is an anchor or positive somewhere; −1 for texts that are only explicit negatives. */
  readonly textComponents: Int32Array;
}

/**
 * Indexes pair rows. What joins rows: an equal text among anchors and positives. a_i = a_j makes p_j another positive of a_i; p_i = p_j
 * makes it the same candidate twice; a_i = p_j is the anchor itself; p_i = a_j makes p_j a paraphrase of a paraphrase. Explicit negatives
 * join nothing: rows that push away the same text need not be alike.
 */
export function indexPairs(rows: readonly PairRow[]): PairIndex {
  const ids = new Map<string, number>();
  const id = (text: string): number => {
    const known = ids.get(text);
    if (known !== undefined) return known;
    ids.set(text, ids.size);
    return ids.size - 1;
  };
  const anchors = new Int32Array(rows.length);
  const positives = new Int32Array(rows.length);
  const negativeStart = new Int32Array(rows.length + 1);
  const negatives: number[] = [];
  rows.forEach((row, i) => {
    anchors[i] = id(row.anchor);
    positives[i] = id(row.positive);
    for (const text of row.negatives) negatives.push(id(text));
    negativeStart[i + 1] = negatives.length;
  });
  const components = componentsOf(rows, pairKeys);
  const textComponents = new Int32Array(ids.size).fill(-1);
  for (let i = 0; i < rows.length; i++) {
    textComponents[anchors[i]] = components[i];
    textComponents[positives[i]] = components[i];
  }
  return {
    texts: [...ids.keys()],
    anchors,
    positives,
    negatives: Int32Array.from(negatives),
    negativeStart,
    maxNegatives: rows.reduce((most, row) => Math.max(most, row.negatives.length), 0),
    components,
    textComponents,
  };
}

/** What connects a pair row to others. */
export function pairKeys(row: PairRow): readonly string[] {
  const texts = [row.anchor, row.positive];
  // No trimmed text begins with a line break, so a group never equals a text.
  return row.group === undefined ? texts : [...texts, `\n${row.group}`];
}

/** How often each text occurs as a candidate (positive or explicit negative) [T]. */
export function candidateCounts(index: PairIndex): Int32Array {
  const counts = new Int32Array(index.texts.length);
  for (const ids of [index.positives, index.negatives]) countInto(counts, ids);
  return counts;
}

/** How often each text occurs in any role [T]. */
export function textCounts(index: PairIndex): Int32Array {
  const counts = candidateCounts(index);
  countInto(counts, index.anchors);
  return counts;
}

function countInto(counts: Int32Array, ids: Int32Array): void {
  for (const id of ids) counts[id] = counts[id] + 1;
}
