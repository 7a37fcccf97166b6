import { createRandom, permutation } from "../math/random.js";
import { componentsOf } from "./batches/components.js";
import type { SplitOf } from "./hold-out.js";
import type { PairRow } from "./rows/row-types.js";

/** Anchors that can be held out while each of their positives stays with another one that is trained on. */
interface HeldQueries extends SplitOf<PairRow> {
  /** Distinct anchors that were held out. */
  readonly queries: number;
}

/**
 * Holds out up to `wanted` anchors, new questions over known answers: all rows of an anchor go, each of its positives stays in a training row of
 * another anchor, and its text stands nowhere else, but for explicit negatives of training rows, which are removed.
 */
export function holdOutQueries(
  rows: readonly PairRow[],
  { wanted, seed }: { readonly wanted: number; readonly seed: number },
): HeldQueries {
  const anchors = componentsOf(rows, ({ anchor }) => [anchor]);
  const own = new Map<number, PairRow[]>();
  for (const [i, row] of rows.entries()) {
    const members = own.get(anchors[i]) ?? [];
    members.push(row);
    own.set(anchors[i], members);
  }
  const uses = usesOf([...own.values()]);
  const chosen = new Set<PairRow>();
  let queries = 0;
  for (const anchor of permutation(own.size, createRandom(seed, "split/queries"))) {
    if (queries === wanted) break;
    const members = own.get(anchor) ?? [];
    const positives = new Set(members.map(({ positive }) => positive));
    const stays = [...positives].every((text) => (uses.get(text) ?? 0) > 1);
    if (!stays || uses.has(members[0].anchor)) continue;
    for (const text of positives) uses.set(text, (uses.get(text) ?? 0) - 1);
    for (const row of members) chosen.add(row);
    queries += 1;
  }
  const heldOut = rows.filter((row) => chosen.has(row));
  const texts = new Set(heldOut.map(({ anchor }) => anchor));
  const left = rows.filter((row) => !chosen.has(row));
  const train = left.map((row) => withoutNegatives(row, texts));
  const removed = train.filter((row, i) => row !== left[i]).length;
  const notes =
    removed === 0
      ? []
      : [`explicit negatives of ${removed} training rows are removed because they are held out`];
  return { train, heldOut, notes, queries };
}

/** By positive: of how many anchors it is one. */
function usesOf(byAnchor: readonly (readonly PairRow[])[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const members of byAnchor)
    for (const text of new Set(members.map(({ positive }) => positive)))
      uses.set(text, (uses.get(text) ?? 0) + 1);
  return uses;
}

export function withoutNegatives(row: PairRow, texts: ReadonlySet<string>): PairRow {
  const negatives = row.negatives.filter((text) => !texts.has(text));
  return negatives.length === row.negatives.length ? row : { ...row, negatives };
}

/** The share of rows whose positive is that of another anchor too. */
export function recurringShare(rows: readonly PairRow[]): number {
  const anchors = new Map<string, Set<string>>();
  for (const { anchor, positive } of rows)
    anchors.set(positive, (anchors.get(positive) ?? new Set()).add(anchor));
  const recurring = rows.filter(({ positive }) => (anchors.get(positive)?.size ?? 0) > 1);
  return recurring.length / rows.length;
}
