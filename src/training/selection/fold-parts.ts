import { pairKeys } from "../../dataset/batches/pair-index.js";
import { separateNegatives } from "../../dataset/hold-out.js";
import { type HeldOutKind, heldOutKind } from "../../dataset/hold-out-pairs.js";
import { withoutNegatives } from "../../dataset/hold-out-queries.js";
import type { Dataset, PairRow } from "../../dataset/rows/row-types.js";
import type { TrainSettings } from "../options/settings.js";
import { dealClasses, dealQueries, dealRows } from "./deal.js";

/** A fold's natural rows, and all others. */
interface FoldPart {
  readonly train: Dataset;
  readonly heldOut: Dataset;
}

/** Which rows stand in which fold, and how the two sides of one are kept apart. */
interface Deal {
  readonly foldOf: Int32Array;
  readonly apart?: (part: FoldPart) => FoldPart;
  /** What is held out, where it could have been something else. */
  readonly kind?: HeldOutKind;
}

/**
 * The rows of a file in so many folds, each held out once from all others; texts of one stand in no other. Undefined where a fold would be
 * empty or, since rows hang together, much smaller than the others.
 */
export function foldParts(
  dataset: Dataset,
  settings: Pick<TrainSettings, "seed" | "holdOut">,
  folds: number,
): { readonly parts: readonly FoldPart[]; readonly kind: HeldOutKind | undefined } | undefined {
  const deal = dealt(dataset, settings, folds);
  if (deal === undefined) return undefined;
  const { foldOf, apart = (part) => part, kind } = deal;
  const parts = Array.from({ length: folds }, (_, fold) =>
    apart({
      train: rowsWhere(dataset, (row) => foldOf[row] !== fold),
      heldOut: rowsWhere(dataset, (row) => foldOf[row] === fold),
    }),
  );
  return parts.some(({ heldOut }) => heldOut.rows.length === 0) ? undefined : { parts, kind };
}

function dealt(
  dataset: Dataset,
  settings: Pick<TrainSettings, "seed" | "holdOut">,
  folds: number,
): Deal | undefined {
  const options = { folds, seed: settings.seed };
  switch (dataset.kind) {
    case "classed":
      return { foldOf: dealClasses(dataset.rows, options) };
    case "pair":
      return dealtPairs(dataset.rows, settings, folds);
    case "nli":
      return ofRows(dataset.rows, (row) => [row.premise, row.hypothesis], options);
    case "text":
      return ofRows(dataset.rows, (row) => [row.text], options);
    case "labelled-pair":
    case "scored-pair":
      return ofRows<{ readonly sentence1: string; readonly sentence2: string }>(
        dataset.rows,
        (row) => [row.sentence1, row.sentence2],
        options,
      );
  }
}

function ofRows<Row>(
  rows: readonly Row[],
  keys: (row: Row) => readonly string[],
  options: Parameters<typeof dealRows>[2],
): Deal | undefined {
  const foldOf = dealRows(rows, keys, options);
  return foldOf && { foldOf };
}

/** What is asked of the model is decided as where one part is held out. */
function dealtPairs(
  rows: readonly PairRow[],
  { holdOut, seed }: Pick<TrainSettings, "seed" | "holdOut">,
  folds: number,
): Deal | undefined {
  const kind = heldOutKind(rows, { holdOut, seed, share: 1 / folds });
  if (kind === "queries") {
    const foldOf = dealQueries(rows, { folds, seed });
    return { foldOf, kind, apart: withoutHeldAnchors };
  }
  const deal = ofRows(rows, pairKeys, { folds, seed });
  return deal && { ...deal, kind, apart: withSeparateNegatives };
}

function rowsWhere(dataset: Dataset, isIn: (row: number) => boolean): Dataset {
  return { ...dataset, rows: dataset.rows.filter((_, i) => isIn(i)) } as Dataset;
}

function withSeparateNegatives(part: FoldPart): FoldPart {
  const { train, heldOut } = part;
  if (train.kind !== "pair" || heldOut.kind !== "pair") return part;
  const apart = separateNegatives(train.rows, heldOut.rows, []);
  return {
    train: { ...train, rows: apart.train },
    heldOut: { ...heldOut, rows: apart.heldOut },
  };
}

function withoutHeldAnchors(part: FoldPart): FoldPart {
  const { train, heldOut } = part;
  if (train.kind !== "pair" || heldOut.kind !== "pair") return part;
  const anchors = new Set(heldOut.rows.map(({ anchor }) => anchor));
  const rows = train.rows.map((row) => withoutNegatives(row, anchors));
  return { ...part, train: { ...train, rows } };
}
