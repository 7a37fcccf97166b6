import type { ClassedRow } from "../rows/row-types.js";

/**
 * How many pairs each class may give: `perClass` (default: as many as it has texts), lowered for the classes with most pairs until all give at
 * most `maxPairs`: the largest cap c with Σ min(count, c) ≤ maxPairs, and one more for the first classes as far as it goes.
 */
export function balancedCaps(
  rows: readonly ClassedRow[],
  {
    perClass,
    maxPairs,
  }: { readonly perClass?: number | undefined; readonly maxPairs?: number | undefined },
): (label: string) => number {
  const counts = new Map([...classTexts(rows)].map(([label, n]) => [label, possible(n, perClass)]));
  if (maxPairs === undefined || total(counts, Number.POSITIVE_INFINITY) <= maxPairs)
    return (label) => counts.get(label) ?? 0;
  let low = 0;
  let high = maxPairs;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (total(counts, middle) <= maxPairs) low = middle;
    else high = middle - 1;
  }
  let left = maxPairs - total(counts, low);
  const caps = new Map<string, number>();
  for (const [label, count] of counts) {
    const more = count > low && left > 0 ? 1 : 0;
    left -= more;
    caps.set(label, Math.min(count, low) + more);
  }
  return (label) => caps.get(label) ?? 0;
}

function possible(texts: number, perClass: number | undefined): number {
  const all = (texts * (texts - 1)) / 2;
  return Math.min(all, perClass ?? texts);
}

function total(counts: ReadonlyMap<string, number>, cap: number): number {
  let sum = 0;
  for (const count of counts.values()) sum += Math.min(count, cap);
  return sum;
}

function classTexts(rows: readonly ClassedRow[]): Map<string, number> {
  const texts = new Map<string, Set<string>>();
  for (const { text, label } of rows) {
    const known = texts.get(label) ?? new Set<string>();
    texts.set(label, known.add(text));
  }
  return new Map([...texts].map(([label, known]) => [label, known.size]));
}
