import { UserError } from "../errors/user-error.js";
import { createRandom, permutation } from "../math/random.js";
import { componentSizes, componentsOf } from "./batches/components.js";
import { pairKeys } from "./batches/pair-index.js";
import type { PairRow } from "./rows/row-types.js";

interface SplitOptions {
  /** Share of the anchors to hold out, in (0, 1). Default 0.1. */
  readonly share?: number;
  readonly seed: number;
}

/** A part to train on and a part held out. */
export interface SplitOf<Row> {
  readonly train: readonly Row[];
  readonly heldOut: readonly Row[];
  /** How it was split, and what was changed to keep texts apart, one sentence each. */
  readonly notes: readonly string[];
}

type Split = SplitOf<PairRow>;

/** What decides on which side a row may be. */
interface RowKeys<Row> {
  /** Rows that share a key never stand on two sides: texts, groups. */
  readonly keys: (row: Row) => readonly string[];
  /** Rows are held out by this: `share` counts its distinct values. */
  readonly anchor: (row: Row) => string;
}

/** Held-out rows and training rows must each be so many: retrieval among one text says nothing. */
const leastRows = 2;

/**
 * Holds out a share of the anchors so that no text is on both sides. Whole components (rows joined by shared anchors, positives or
 * groups) go to one side. Where large components make that impossible, whole anchors are held out and the training rows that share a
 * text or group with them are left out, counted in the notes. Explicit negatives that are a text of the other side are removed.
 * UserError: too-few-rows, cannot-split.
 */
export function holdOut(rows: readonly PairRow[], options: SplitOptions): Split {
  const { train, heldOut, notes } = holdOutRows(
    rows,
    { keys: pairKeys, anchor: (row) => row.anchor },
    options,
  );
  return separateNegatives(train, heldOut, notes);
}

/** As `holdOut`, for rows of any kind. */
export function holdOutRows<Row>(
  rows: readonly Row[],
  rowKeys: RowKeys<Row>,
  options: SplitOptions,
): SplitOf<Row> {
  if (rows.length < 2 * leastRows) throw tooFew(rows.length);
  const anchors = componentsOf(rows, (row) => [rowKeys.anchor(row)]);
  const different = componentSizes(anchors).length;
  if (different < 2 * leastRows) throw tooFewDifferent(different, rows.length);
  const wanted = wantedOf(anchors, options);
  const whole = byComponents(rows, rowKeys.keys, { anchors, wanted, seed: options.seed });
  if (whole !== undefined) return whole;
  const groups = chooseGroups(anchors, anchors, wanted, options.seed).groups;
  return byAnchor(rows, rowKeys.keys, (i) => groups.has(anchors[i]));
}

/** As `holdOut`, where whole components suffice; else undefined: no row is left out. */
export function holdOutComponents(
  rows: readonly PairRow[],
  options: SplitOptions,
): Split | undefined {
  const anchors = componentsOf(rows, ({ anchor }) => [anchor]);
  const choice = { anchors, wanted: wantedOf(anchors, options), seed: options.seed };
  const whole = byComponents(rows, pairKeys, choice);
  return whole && separateNegatives(whole.train, whole.heldOut, []);
}

function wantedOf(anchors: Int32Array, { share = 0.1 }: SplitOptions): number {
  return Math.max(leastRows, Math.round(share * componentSizes(anchors).length));
}

/** What is held out, and how much of it. */
interface Choice {
  /** The number of each row's anchor. */
  readonly anchors: Int32Array;
  readonly wanted: number;
  readonly seed: number;
}

function byComponents<Row>(
  rows: readonly Row[],
  keys: RowKeys<Row>["keys"],
  { anchors, wanted, seed }: Choice,
): SplitOf<Row> | undefined {
  const components = componentsOf(rows, keys);
  const chosen = chooseGroups(components, anchors, wanted, seed);
  const enough = chosen.anchors >= wanted / 2 && chosen.rows >= leastRows;
  if (!enough || rows.length - chosen.rows < leastRows) return undefined;
  const heldOut = rows.filter((_, i) => chosen.groups.has(components[i]));
  const train = rows.filter((_, i) => !chosen.groups.has(components[i]));
  return { train, heldOut, notes: [] };
}

/** Groups in random order, passing over those that would hold out more anchors than wanted. */
function chooseGroups(
  groups: Int32Array,
  anchors: Int32Array,
  wanted: number,
  seed: number,
): { readonly groups: ReadonlySet<number>; readonly anchors: number; readonly rows: number } {
  const sizes = componentSizes(groups);
  const anchorSets = Array.from(sizes, () => new Set<number>());
  groups.forEach((group, i) => {
    anchorSets[group]?.add(anchors[i]);
  });
  const chosen = new Set<number>();
  let anchorCount = 0;
  let rowCount = 0;
  for (const group of permutation(sizes.length, createRandom(seed, "split"))) {
    const size = anchorSets[group]?.size ?? 0;
    if (anchorCount + size > wanted) continue;
    chosen.add(group);
    anchorCount += size;
    rowCount += sizes[group];
    if (anchorCount === wanted) break;
  }
  return { groups: chosen, anchors: anchorCount, rows: rowCount };
}

function byAnchor<Row>(
  rows: readonly Row[],
  keysOf: (row: Row) => readonly string[],
  isHeld: (row: number) => boolean,
): SplitOf<Row> {
  const heldOut = rows.filter((_, i) => isHeld(i));
  const keys = new Set(heldOut.flatMap(keysOf));
  const rest = rows.filter((_, i) => !isHeld(i));
  const train = rest.filter((row) => !keysOf(row).some((key) => keys.has(key)));
  const lost = rest.length - train.length;
  if (train.length < leastRows || heldOut.length < leastRows || lost > rows.length / 2)
    throw cannotSplit(lost, rest.length);
  const why =
    "most rows are connected through shared texts or groups, so single anchors were held out instead of whole components";
  return {
    train,
    heldOut,
    notes: [`${why}; ${lost} training rows that share a text or group with them are left out`],
  };
}

export function separateNegatives(
  train: readonly PairRow[],
  heldOut: readonly PairRow[],
  notes: readonly string[],
): Split {
  const heldTexts = new Set(heldOut.flatMap((row) => [row.anchor, row.positive]));
  const [cleanTrain, fewerTrain] = withoutNegatives(train, heldTexts);
  const trainTexts = new Set(
    cleanTrain.flatMap((row) => [row.anchor, row.positive, ...row.negatives]),
  );
  const [cleanHeld, fewerHeld] = withoutNegatives(heldOut, trainTexts);
  const note = (count: number, side: string, other: string): string[] =>
    count === 0
      ? []
      : [
          `${count} explicit negatives of ${side} rows are removed because they are texts of ${other} rows`,
        ];
  return {
    train: cleanTrain,
    heldOut: cleanHeld,
    notes: [
      ...notes,
      ...note(fewerTrain, "training", "held-out"),
      ...note(fewerHeld, "held-out", "training"),
    ],
  };
}

function withoutNegatives(
  rows: readonly PairRow[],
  texts: ReadonlySet<string>,
): [PairRow[], number] {
  let removed = 0;
  const clean = rows.map((row) => {
    const negatives = row.negatives.filter((text) => !texts.has(text));
    removed += row.negatives.length - negatives.length;
    return negatives.length === row.negatives.length ? row : { ...row, negatives };
  });
  return [clean, removed];
}

function tooFew(rows: number): UserError {
  return new UserError(
    "too-few-rows",
    `${rows} rows are too few to hold some out, expected at least ${2 * leastRows}`,
    {
      hint: "add rows, or evaluate on another file: --eval FILE",
    },
  );
}

function tooFewDifferent(different: number, rows: number): UserError {
  const what = different === 1 ? "text as their first" : "texts as their first";
  return new UserError(
    "too-few-rows",
    `${rows} rows have only ${different} ${what}, too few to hold some out, expected at least ${2 * leastRows}`,
    {
      hint: "add rows that differ; check which columns are read: --columns; or evaluate on another file: --eval FILE",
    },
  );
}

function cannotSplit(lost: number, rest: number): UserError {
  return new UserError(
    "cannot-split",
    `no rows can be held out without texts on both sides: ${lost} of the ${rest} other rows share a text or group with them`,
    { hint: "evaluate on another file: --eval FILE" },
  );
}
