import { Problems } from "../../errors/problems.js";
import type { LabelColumn, NliLabel } from "./labels.js";
import type { RawRow } from "./raw-rows.js";
import type { RowReportBuilder } from "./row-report.js";
import type {
  ClassedRow,
  LabelledPairRow,
  NliRow,
  PairRow,
  ScoredPairRow,
  TextRow,
} from "./row-types.js";
import { parseNumber, type ScoreRange, scaleScores } from "./scores.js";

/**
 * Pairs as the columns give them. Rows without anchor or positive are dropped; empty, repeated and self-contradictory negatives
 * (equal to the row's own anchor or positive) are removed. UserError: bad-margin.
 */
export function buildPairs(raw: readonly RawRow[], book: RowReportBuilder): PairRow[] {
  const problems = new Problems("bad-margin");
  const rows: PairRow[] = [];
  for (const row of withBothTexts(raw, book, ["anchor", "positive"])) {
    const margin = row.margin === "" ? undefined : parseNumber(row.margin);
    if (row.margin !== "" && margin === undefined) {
      problems.add(`column "margin" must be a number, got "${row.margin}"`, {
        file: book.file,
        line: row.line,
      });
    }
    rows.push({
      anchor: row.anchor,
      positive: row.positive,
      negatives: cleanNegatives(row, row.negatives, book),
      group: row.group === "" ? undefined : row.group,
      margin,
      line: row.line,
    });
  }
  problems.throwIfAny("drop the row");
  return rows;
}

/** The negatives without repetitions and without the row's own anchor and positive, which no objective could push away. */
export function cleanNegatives(
  row: { readonly anchor: string; readonly positive: string; readonly line: number },
  negatives: readonly string[],
  book: RowReportBuilder,
): readonly string[] {
  if (negatives.length === 0) return negatives;
  const clean = [...new Set(negatives)].filter(
    (text) => text !== row.anchor && text !== row.positive,
  );
  if (clean.length < negatives.length)
    book.remark(
      "rows with negatives removed because they repeat or equal the row's own anchor or positive",
      row.line,
    );
  return clean;
}

/** Pairs of sentences with label 0 or 1; rows without a label are dropped. */
export function buildLabelledPairs(
  raw: readonly RawRow[],
  labels: LabelColumn,
  book: RowReportBuilder,
): LabelledPairRow[] {
  return withLabels(withBothTexts(raw, book), labels, book).map(
    ({ anchor, positive, label, line }) => ({
      sentence1: anchor,
      sentence2: positive,
      label: labels.meaning.get(label.toLowerCase()) === "1" ? 1 : 0,
      line,
    }),
  );
}

/** Premise, hypothesis, relation; rows without a gold label ("-", "-1", empty) are dropped. */
export function buildNli(
  raw: readonly RawRow[],
  labels: LabelColumn,
  book: RowReportBuilder,
): NliRow[] {
  return withLabels(withBothTexts(raw, book), labels, book).map(
    ({ anchor, positive, label, line }) => ({
      premise: anchor,
      hypothesis: positive,
      label: labels.meaning.get(label.toLowerCase()) as NliLabel,
      line,
    }),
  );
}

/** Pairs of sentences with their scores scaled to [0, 1]; rows without a score are dropped. UserError: as scaleScores. */
export function buildScoredPairs(
  raw: readonly RawRow[],
  column: { readonly of: "score" | "label"; readonly name: string; readonly range?: ScoreRange },
  book: RowReportBuilder,
): ScoredPairRow[] {
  const rows = withBothTexts(raw, book).filter((row) => {
    if (row[column.of] === "") book.drop("without a score", row.line);
    return row[column.of] !== "";
  });
  const written = rows.map((row) => ({ value: row[column.of], line: row.line }));
  const scores = scaleScores(written, column.name, book, column.range);
  return rows.map(({ anchor, positive, subset, line }, i) => ({
    sentence1: anchor,
    sentence2: positive,
    score: scores[i],
    subset: subset === "" ? undefined : subset,
    line,
  }));
}

/** Texts with their classes; rows without text or class are dropped. */
export function buildClassed(raw: readonly RawRow[], book: RowReportBuilder): ClassedRow[] {
  const rows: ClassedRow[] = [];
  for (const { text, label, line } of raw) {
    if (text === "") book.drop("with an empty text", line);
    else if (label === "") book.drop("without a label", line);
    else rows.push({ text, label, line });
  }
  return rows;
}

/** Single texts; empty ones are dropped. */
export function buildTexts(raw: readonly RawRow[], book: RowReportBuilder): TextRow[] {
  const rows: TextRow[] = [];
  for (const { text, anchor, line } of raw) {
    const value = text === "" ? anchor : text;
    if (value === "") book.drop("with an empty text", line);
    else rows.push({ text: value, line });
  }
  return rows;
}

function withBothTexts(
  raw: readonly RawRow[],
  book: RowReportBuilder,
  names: readonly [string, string] = ["first sentence", "second sentence"],
): RawRow[] {
  return raw.filter((row) => {
    const empty = row.anchor === "" ? names[0] : row.positive === "" ? names[1] : undefined;
    if (empty !== undefined) book.drop(`with an empty ${empty}`, row.line);
    return empty === undefined;
  });
}

function withLabels(
  rows: readonly RawRow[],
  labels: LabelColumn,
  book: RowReportBuilder,
): RawRow[] {
  return rows.filter((row) => {
    const without = !labels.meaning.has(row.label.toLowerCase());
    if (without) book.drop('without a gold label (empty, "-" or -1)', row.line);
    return !without;
  });
}
