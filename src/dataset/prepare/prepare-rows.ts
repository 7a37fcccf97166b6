import { usageError } from "../../errors/user-error.js";
import { createRandom, permutation } from "../../math/random.js";
import { convertRows, type KindRows } from "../rows/convert.js";
import type { RowKind } from "../rows/row-kinds.js";
import type { RowReportBuilder } from "../rows/row-report.js";
import type { LabelledPairRow, NliRow, PairRow, ScoredPairRow } from "../rows/row-types.js";
import { balancedCaps } from "./balance.js";

/** What rows can be prepared as. */
export type PrepareTarget = "pairs" | "triplets" | "labelled-pairs" | "scored-pairs" | "classes";

interface ConversionOptions {
  readonly seed: number;
  readonly neutralAs?: ("unused" | "negative" | "score") | undefined;
  /** At most so many pairs of a class; more than its texts are possible. Default: as many as it has texts. */
  readonly perClass?: number | undefined;
  /** At most so many pairs in all: of classes the largest give way first, of other rows a random part stays. */
  readonly maxPairs?: number | undefined;
  /** Scores from here on (scaled to 0–1) are label 1. Default 0.8. */
  readonly positiveFrom?: number | undefined;
  /** Scores up to here are label 0. Default 0.4. What lies between is left out. */
  readonly negativeTo?: number | undefined;
}

/** The kind that each target is, and the kinds it can be made of, the best first. */
export const targets: Readonly<
  Record<PrepareTarget, { readonly kind: RowKind; readonly from: readonly RowKind[] }>
> = {
  pairs: {
    kind: "pair",
    from: ["pair", "triplet", "nli", "classed", "labelled-pair", "scored-pair"],
  },
  triplets: {
    kind: "triplet",
    from: ["triplet", "pair", "nli", "classed", "labelled-pair", "scored-pair"],
  },
  "labelled-pairs": { kind: "labelled-pair", from: ["labelled-pair", "nli", "scored-pair"] },
  "scored-pairs": { kind: "scored-pair", from: ["scored-pair", "nli", "labelled-pair"] },
  classes: { kind: "classed", from: ["classed", "pair", "nli", "labelled-pair", "scored-pair"] },
};

/**
 * Converts rows of any kind to the target's. Every row that is left out is in the account. UserError (exit 2) option-without-effect for an
 * option that has no meaning for these rows.
 */
export function prepareRows(
  data: KindRows,
  target: PrepareTarget,
  book: RowReportBuilder,
  options: ConversionOptions,
): KindRows {
  refuseUseless(data, target, options);
  const made = convert(data, target, book, options);
  const { maxPairs } = options;
  if (maxPairs === undefined || made.kind !== "pair" || made.rows.length <= maxPairs) return made;
  return { kind: "pair", rows: randomPart(made.rows, maxPairs, book, options.seed) };
}

function convert(
  data: KindRows,
  target: PrepareTarget,
  book: RowReportBuilder,
  options: ConversionOptions,
): KindRows {
  const { kind } = targets[target];
  const { seed } = options;
  const to = kind as Exclude<RowKind, "text" | "nli">;
  const plain = { seed, requireNegatives: false };
  if (to === "triplet" && data.kind === "pair") return convertRows(data, to, book, plain);
  if (data.kind === to) return data;
  switch (data.kind) {
    case "nli":
      return convertRows(
        { kind: "nli", rows: withNeutral(data.rows, to, book, options) },
        to,
        book,
        plain,
      );
    case "classed": {
      const caps = balancedCaps(data.rows, options);
      return convertRows(data, to, book, { ...plain, perClass: caps });
    }
    case "scored-pair":
      return convert(thresholded(data.rows, book, options), target, book, options);
    case "labelled-pair":
      if (to === "scored-pair") return { kind: to, rows: scoresOfLabels(data.rows) };
      return convert(
        { kind: "pair", rows: labelledToPairs(data.rows, book) },
        target,
        book,
        options,
      );
    default:
      return convertRows(data, to, book, plain);
  }
}

/** Neutral rows as the option says; for scored pairs 0.5 without it, for others left out by the conversion itself. */
function withNeutral(
  rows: readonly NliRow[],
  to: RowKind,
  book: RowReportBuilder,
  { neutralAs }: ConversionOptions,
): readonly NliRow[] {
  if (neutralAs === "negative")
    return rows.map((row) => (row.label === "neutral" ? { ...row, label: "contradiction" } : row));
  if (neutralAs !== "unused" || to !== "scored-pair") return rows;
  return rows.filter((row) => {
    if (row.label === "neutral") book.drop("neutral", row.line);
    return row.label !== "neutral";
  });
}

function thresholded(
  rows: readonly ScoredPairRow[],
  book: RowReportBuilder,
  { positiveFrom = 0.8, negativeTo = 0.4 }: ConversionOptions,
): KindRows {
  const labelled: LabelledPairRow[] = [];
  for (const { score, ...row } of rows) {
    if (score >= positiveFrom) labelled.push({ ...row, label: 1 });
    else if (score <= negativeTo) labelled.push({ ...row, label: 0 });
    else book.drop(`with a score between ${negativeTo} and ${positiveFrom} of 0–1`, row.line);
  }
  book.note(`scores from ${positiveFrom} of 0–1 are label 1, up to ${negativeTo} label 0`);
  return { kind: "labelled-pair", rows: labelled };
}

function scoresOfLabels(rows: readonly LabelledPairRow[]): ScoredPairRow[] {
  return rows.map(({ label, ...row }) => ({ ...row, score: label }));
}

/** Pairs of the rows with label 1; sentences with label 0 beside one of their anchors become its explicit negatives. */
function labelledToPairs(rows: readonly LabelledPairRow[], book: RowReportBuilder): PairRow[] {
  const anchors = new Set(rows.filter(({ label }) => label === 1).map((row) => row.sentence1));
  const negatives = new Map<string, string[]>();
  for (const { sentence1, sentence2, label, line } of rows) {
    if (label === 1) continue;
    const [anchor, other] = anchors.has(sentence1)
      ? [sentence1, sentence2]
      : [sentence2, sentence1];
    if (anchors.has(anchor)) negatives.set(anchor, [...(negatives.get(anchor) ?? []), other]);
    else book.drop("label 0, of sentences that are no anchor of a pair with label 1", line);
  }
  return rows.flatMap(({ sentence1, sentence2, label, line }) => {
    if (label === 0) return [];
    const own = (negatives.get(sentence1) ?? []).filter((t) => t !== sentence1 && t !== sentence2);
    return [{ anchor: sentence1, positive: sentence2, negatives: [...new Set(own)], line }];
  });
}

function randomPart(
  rows: readonly PairRow[],
  count: number,
  book: RowReportBuilder,
  seed: number,
): PairRow[] {
  const order = permutation(rows.length, createRandom(seed, "max-pairs"));
  const chosen = new Set(order.subarray(0, count));
  return rows.filter((row, i) => {
    if (!chosen.has(i)) book.drop(`beyond ${count} pairs, at random`, row.line);
    return chosen.has(i);
  });
}

function refuseUseless(data: KindRows, target: PrepareTarget, options: ConversionOptions): void {
  const { neutralAs, perClass, maxPairs, positiveFrom, negativeTo } = options;
  const pairs = target === "pairs" || target === "triplets";
  const refuse = (flag: string, why: string): never => {
    throw usageError(
      "option-without-effect",
      `--${flag} has no meaning here: ${why}`,
      "leave it out",
    );
  };
  if (neutralAs !== undefined && data.kind !== "nli")
    refuse("neutral-as", "the rows have no NLI labels");
  if (neutralAs === "score" && target !== "scored-pairs")
    refuse("neutral-as score", "only scored pairs have scores");
  if (perClass !== undefined && data.kind !== "classed")
    refuse("per-class", "the rows have no classes");
  if (maxPairs !== undefined && !pairs) refuse("max-pairs", `--as ${target} gives no pairs`);
  if (
    (positiveFrom ?? negativeTo) !== undefined &&
    (data.kind !== "scored-pair" || target === "scored-pairs")
  )
    refuse("positive-from and --negative-to", "no scores are turned into labels");
  if ((positiveFrom ?? 0.8) <= (negativeTo ?? 0.4)) {
    throw usageError(
      "bad-option",
      `--positive-from must be above --negative-to, got ${positiveFrom ?? 0.8} and ${negativeTo ?? 0.4}`,
    );
  }
}
