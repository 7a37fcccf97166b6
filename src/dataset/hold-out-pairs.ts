import { usageError } from "../errors/user-error.js";
import { holdOut, holdOutComponents } from "./hold-out.js";
import { holdOutQueries, recurringShare } from "./hold-out-queries.js";
import type { PairRow } from "./rows/row-types.js";

/** What is asked of a model on held-out pairs: to find known answers to new questions, or answers it has never seen. */
export type HeldOutKind = "queries" | "documents";

/** Pairs that are trained on, those that decide, and those that stand beside them. */
export interface PairShares {
  readonly kind: HeldOutKind;
  readonly train: readonly PairRow[];
  readonly heldOut: readonly PairRow[];
  /** Held-out pairs of the other kind; none where there are too few. */
  readonly beside: readonly PairRow[];
  readonly notes: readonly string[];
}

/** Of the share of the anchors that decides, what stands beside it. */
const BESIDE = 0.5;

/** From this share of rows on whose positive recurs, the documents count as known. */
const RECURRING = 0.5;

/** Fewer anchors beside those that decide tell nothing. */
const LEAST = 10;

interface Choice {
  /** `auto`: by how often positives recur, and both kinds where both exist. */
  readonly holdOut: "auto" | HeldOutKind;
  /** Of the anchors, in (0, 1). */
  readonly share: number;
  readonly seed: number;
}

/** Splits pairs by what is asked of the model. UserErrors as `holdOut`; usage error no-known-documents. */
export function holdOutPairs(rows: readonly PairRow[], choice: Choice): PairShares {
  const counts = countsOf(rows, choice);
  return kindBy(rows, choice, counts) === "queries"
    ? newQueries(rows, choice, counts)
    : unseenDocuments(rows, choice, counts);
}

/** What `holdOutPairs` asks of the model. Usage error no-known-documents. */
export function heldOutKind(rows: readonly PairRow[], choice: Choice): HeldOutKind {
  return kindBy(rows, choice, countsOf(rows, choice));
}

function countsOf(rows: readonly PairRow[], { share }: Choice): Counts {
  const anchors = new Set(rows.map(({ anchor }) => anchor)).size;
  return { wanted: Math.max(2, Math.round(share * anchors)), recurring: recurringShare(rows) };
}

function kindBy(
  rows: readonly PairRow[],
  { holdOut: asked, seed }: Choice,
  { wanted, recurring }: Counts,
): HeldOutKind {
  if (asked === "documents" || (asked === "auto" && recurring < RECURRING)) return "documents";
  const { queries } = holdOutQueries(rows, { wanted, seed });
  if (queries >= Math.max(2, wanted / 2)) return "queries";
  if (asked === "queries") throw noKnownDocuments(recurring);
  return "documents";
}

interface Counts {
  /** Anchors that are to be held out. */
  readonly wanted: number;
  readonly recurring: number;
}

/** Whole components first, so that none of the documents that count as known goes with them. */
function newQueries(
  rows: readonly PairRow[],
  { holdOut: asked, share, seed }: Choice,
  counts: Counts,
): PairShares {
  const { wanted, recurring } = counts;
  const both = asked === "auto";
  const components = both ? holdOutComponents(rows, { share: BESIDE * share, seed }) : undefined;
  const beside = enough(components?.heldOut);
  const left = beside.length === 0 ? rows : (components?.train ?? rows);
  const { train, heldOut, notes } = holdOutQueries(left, { wanted, seed });
  const why = `${recur(recurring)}, so new anchors over known positives decide (--hold-out documents: unseen positives)`;
  return { kind: "queries", train, heldOut, beside, notes: both ? [...notes, why] : notes };
}

function unseenDocuments(
  rows: readonly PairRow[],
  { holdOut: asked, share, seed }: Choice,
  { wanted, recurring }: Counts,
): PairShares {
  const split = holdOut(rows, { share, seed });
  const both = asked === "auto";
  const queries = holdOutQueries(split.train, { wanted: both ? Math.round(wanted / 2) : 0, seed });
  const beside = enough(queries.heldOut);
  const train = beside.length === 0 ? split.train : queries.train;
  const why =
    recurring < RECURRING
      ? `${recur(recurring)}, so whole groups of unseen texts decide (--hold-out queries: new anchors over known positives)`
      : `${recur(recurring)}, but too few could be held out while their positives stay, so whole groups of unseen texts decide`;
  const notes = [...split.notes, ...(beside.length === 0 ? [] : queries.notes)];
  const said = both && recurring > 0 ? [...notes, why] : notes;
  return { kind: "documents", train, heldOut: split.heldOut, beside, notes: said };
}

/** Rows that stand beside the deciding ones, if they tell anything. */
function enough(rows: readonly PairRow[] = []): readonly PairRow[] {
  return new Set(rows.map(({ anchor }) => anchor)).size < LEAST ? [] : rows;
}

function recur(share: number): string {
  return `${percent(share)} of the rows share their positive with another anchor`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function noKnownDocuments(recurring: number) {
  return usageError(
    "no-known-documents",
    `--hold-out queries needs positives that several anchors share, and only ${percent(recurring)} of the rows have one`,
    "leave it out, or give --eval FILE",
  );
}
