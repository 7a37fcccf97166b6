import { invariant } from "../../errors/internal.js";
import { classesToPairs, pairsToClasses } from "./classes.js";
import { nliToLabelledPairs, nliToPairs, nliToScoredPairs } from "./nli.js";
import type { RowReportBuilder } from "./row-report.js";
import type { DatasetKind, PairRow, RowTypes, TextRow } from "./row-types.js";

/** Rows with their kind. */
export type KindRows = {
  readonly [K in DatasetKind]: { readonly kind: K; readonly rows: readonly RowTypes[K][] };
}[DatasetKind];

interface ConvertOptions {
  readonly seed: number;
  /** Drop pair rows without explicit negatives. */
  readonly requireNegatives: boolean;
  /** Of classes to pairs: at most so many pairs of a class, the same for all or by label. */
  readonly perClass?: number | ((label: string) => number) | undefined;
}

/** Rows of another kind, as the objectives' page defines the conversion; what is left out goes into the account. */
export function convertRows(
  from: KindRows,
  to: DatasetKind | "triplet",
  book: RowReportBuilder,
  options: ConvertOptions,
): KindRows {
  if (from.kind === to) return from;
  if (to === "text") return { kind: "text", rows: everyText(from, book) };
  switch (from.kind) {
    case "nli":
      if (to === "labelled-pair") return { kind: to, rows: nliToLabelledPairs(from.rows, book) };
      if (to === "scored-pair") return { kind: to, rows: nliToScoredPairs(from.rows) };
      return fromPairs(
        nliToPairs(from.rows, book, options.requireNegatives || to === "triplet"),
        to,
        book,
      );
    case "classed":
      return fromPairs(classesToPairs(from.rows, book, options), to, book);
    case "pair":
      return fromPairs(from.rows, to, book);
    default:
      invariant(false, `no conversion from ${from.kind} to ${to}`);
  }
}

/** Pair rows without explicit negatives are dropped. */
export function withNegatives(rows: readonly PairRow[], book: RowReportBuilder): PairRow[] {
  return rows.filter((row) => {
    if (row.negatives.length === 0) book.drop("without an explicit negative", row.line);
    return row.negatives.length > 0;
  });
}

function fromPairs(
  rows: readonly PairRow[],
  to: DatasetKind | "triplet",
  book: RowReportBuilder,
): KindRows {
  if (to === "pair") return { kind: to, rows };
  if (to === "triplet") return { kind: "pair", rows: triplets(rows, book) };
  invariant(to === "classed", `no conversion from pair to ${to}`);
  return { kind: to, rows: pairsToClasses(rows) };
}

/** One row with K = 1 for each explicit negative. */
function triplets(rows: readonly PairRow[], book: RowReportBuilder): PairRow[] {
  return withNegatives(rows, book).flatMap((row) =>
    row.negatives.map((negative) => ({ ...row, negatives: [negative] })),
  );
}

/** Each distinct text of the rows once, in order of appearance. */
function everyText(from: KindRows, book: RowReportBuilder): TextRow[] {
  const seen = new Set<string>();
  const rows: TextRow[] = [];
  let repeated = 0;
  for (const row of from.rows) {
    for (const text of textsOfRow(row)) {
      if (seen.has(text)) repeated += 1;
      else rows.push({ text, line: row.line });
      seen.add(text);
    }
  }
  if (repeated > 0) book.note(`${repeated} repetitions of texts left out: each text is used once`);
  return rows;
}

/** All texts of a row, in the order of its columns. */
export function textsOfRow(row: RowTypes[DatasetKind]): readonly string[] {
  if ("text" in row) return [row.text];
  if ("anchor" in row) return [row.anchor, row.positive, ...row.negatives];
  if ("premise" in row) return [row.premise, row.hypothesis];
  return [row.sentence1, row.sentence2];
}
