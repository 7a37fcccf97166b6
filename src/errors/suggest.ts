import { distance } from "fastest-levenshtein";

/**
 * The candidate nearest to `name` by edit distance (case ignored), or undefined when none is near:
 * at most a third of the longer name may differ.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const d = distance(wanted, candidate.toLowerCase());
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (d <= limit && d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  return best;
}

/** ` did you mean "anchor"?`-style hint, or the list of what exists when nothing is near. */
export function suggestion(name: string, candidates: readonly string[]): string {
  const near = nearest(name, candidates);
  if (near !== undefined) return `did you mean "${near}"?`;
  return candidates.length === 0 ? "none exists" : `one of: ${candidates.join(", ")}`;
}
