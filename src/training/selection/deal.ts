import { componentSizes, componentsOf } from "../../dataset/batches/components.js";
import type { PairRow } from "../../dataset/rows/row-types.js";
import { type ClassedText, textsByClass } from "../../evaluation/class-split.js";
import { createRandom, permutation, shuffle } from "../../math/random.js";

/** The fold that each row is held out in, from 0; −1: in none, so that it is always trained on. */
type FoldOfRow = Int32Array;

interface DealOptions {
  readonly folds: number;
  readonly seed: number;
}

/**
 * Folds of nearly equal size, of whole components: rows that share a key never stand in two. Undefined where a component is so large that a
 * fold would have less than half of its share.
 */
export function dealRows<Row>(
  rows: readonly Row[],
  keysOf: (row: Row) => readonly string[],
  { folds, seed }: DealOptions,
): FoldOfRow | undefined {
  const components = componentsOf(rows, keysOf);
  const sizes = componentSizes(components);
  const foldOf = new Int32Array(sizes.length);
  const filled = new Array<number>(folds).fill(0);
  for (const component of permutation(sizes.length, createRandom(seed, "folds"))) {
    const smallest = filled.indexOf(Math.min(...filled));
    foldOf[component] = smallest;
    filled[smallest] += sizes[component];
  }
  if (Math.min(...filled) < rows.length / folds / 2) return undefined;
  return components.map((component) => foldOf[component]);
}

/**
 * Folds that have each class in its share: the different texts of a class are dealt out in turn, so that no fold holds the whole of it. The
 * only text of a class is in no fold. Rows of the same text stay together.
 */
export function dealClasses(rows: readonly ClassedText[], { folds, seed }: DealOptions): FoldOfRow {
  const random = createRandom(seed, "folds");
  const foldOf = new Map<string, number>();
  for (const texts of textsByClass(rows))
    if (texts.length > 1)
      for (const text of shuffle([...texts], random)) foldOf.set(text, foldOf.size % folds);
  return Int32Array.from(rows, ({ text }) => foldOf.get(text) ?? -1);
}

/**
 * Folds of anchors, new questions over known answers: each positive of an anchor that is held out is also that of an anchor outside its fold,
 * and its text is no positive. Rows of other anchors are in no fold.
 */
export function dealQueries(rows: readonly PairRow[], { folds, seed }: DealOptions): FoldOfRow {
  const anchorsOf = new Map<string, Set<string>>();
  for (const { anchor, positive } of rows)
    anchorsOf.set(positive, (anchorsOf.get(positive) ?? new Set()).add(anchor));
  const foldOf = new Map<string, number>();
  // Anchors of one positive are dealt one after the other, so that they come into different folds.
  for (const anchors of shuffle([...anchorsOf.values()], createRandom(seed, "folds")))
    for (const anchor of anchors)
      if (!foldOf.has(anchor) && !anchorsOf.has(anchor)) foldOf.set(anchor, foldOf.size % folds);
  const lost = rows.filter(({ anchor, positive }) => {
    const others = [...(anchorsOf.get(positive) ?? [])];
    return others.every((other) => foldOf.get(other) === foldOf.get(anchor));
  });
  // They are trained on in every fold, which takes no answer away from another anchor.
  for (const { anchor } of lost) foldOf.delete(anchor);
  return Int32Array.from(rows, ({ anchor }) => foldOf.get(anchor) ?? -1);
}
