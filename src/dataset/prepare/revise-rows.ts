import { reportWait } from "../../files/progress.js";
import { type KindRows, textsOfRow } from "../rows/convert.js";
import type { RowReportBuilder } from "../rows/row-report.js";
import type { DatasetKind, RowTypes } from "../rows/row-types.js";
import { cleanText, countWords } from "../texts/defects.js";
import { plainForm } from "../texts/text-hash.js";

type AnyRow = RowTypes[DatasetKind];

interface ReviseOptions {
  /** Mend mojibake, entities and control characters. */
  readonly clean?: boolean | undefined;
  /** Leave out rows with a text of fewer words. */
  readonly minWords?: number | undefined;
  /** Leave out rows that repeat an earlier one but for case and punctuation, and rows with the same text on both sides. */
  readonly dedupe?: boolean | undefined;
}

/** Cleans texts, then leaves out short and repeated rows; every row left out is in the account with a reason. */
export function reviseRows(
  data: KindRows,
  options: ReviseOptions,
  book: RowReportBuilder,
): KindRows {
  let rows: readonly AnyRow[] = data.rows;
  if (options.clean) rows = revised("cleaning texts", rows, (row) => cleanRow(row, book));
  const { minWords = 0 } = options;
  if (minWords > 0) {
    rows = revised("counting words", rows, (row) => longEnough(row, minWords, book));
  }
  if (options.dedupe) rows = revised("looking for repeated rows", rows, repeatFilter(book));
  return { kind: data.kind, rows } as KindRows;
}

/** What becomes of each row; tells how far it is. */
function revised(
  title: string,
  rows: readonly AnyRow[],
  revise: (row: AnyRow) => readonly AnyRow[],
): AnyRow[] {
  const report = reportWait(title, "rows", rows.length);
  try {
    return rows.flatMap((row) => {
      report.add(1);
      return revise(row);
    });
  } finally {
    report.end();
  }
}

function cleanRow(row: AnyRow, book: RowReportBuilder): AnyRow[] {
  const texts = textsOfRow(row);
  const clean = texts.map(cleanText);
  if (clean.every((text, i) => text === texts[i])) return [row];
  const cleaned = withTexts(row, clean);
  if (requiredTexts(cleaned).includes("")) {
    book.drop("with a text that is empty after cleaning", row.line);
    return [];
  }
  book.remark("rows with cleaned texts", row.line);
  return [cleaned];
}

/** Short explicit negatives are left out alone, a row with another short text as a whole. */
function longEnough(row: AnyRow, words: number, book: RowReportBuilder): AnyRow[] {
  const isLong = (text: string): boolean => countWords(text) >= words;
  const unit = words === 1 ? "word" : "words";
  if (!requiredTexts(row).every(isLong)) {
    book.drop(`with a text of fewer than ${words} ${unit}`, row.line);
    return [];
  }
  if (!("negatives" in row) || row.negatives.every(isLong)) return [row];
  book.remark(`rows with negatives removed that have fewer than ${words} ${unit}`, row.line);
  return [{ ...row, negatives: row.negatives.filter(isLong) }];
}

/** Lets pass a row that none before it repeats. */
function repeatFilter(book: RowReportBuilder): (row: AnyRow) => AnyRow[] {
  const seen = new Map<string, string>();
  return (row) => {
    const texts = requiredTexts(row).map(plainForm);
    const reason =
      texts.length === 2 && texts[0] === texts[1]
        ? "with the same text on both sides"
        : repeatReason(seen, textsOfRow(row).map(plainForm).join("\u0000"), labelOrScore(row));
    if (reason !== undefined) book.drop(reason, row.line);
    return reason === undefined ? [row] : [];
  };
}

function repeatReason(seen: Map<string, string>, key: string, value: string): string | undefined {
  const before = seen.get(key);
  if (before === undefined) {
    seen.set(key, value);
    return undefined;
  }
  return before === value
    ? "repeats an earlier row but for case and punctuation"
    : "has the texts of an earlier row and another label or score";
}

function labelOrScore(row: AnyRow): string {
  if ("label" in row) return String(row.label);
  return "score" in row ? String(row.score) : "";
}

/** The texts without which a row is none. */
function requiredTexts(row: AnyRow): readonly string[] {
  return "negatives" in row ? [row.anchor, row.positive] : textsOfRow(row);
}

/** The row with other texts, in the order of `textsOfRow`. */
function withTexts(row: AnyRow, texts: readonly string[]): AnyRow {
  const [first = "", second = "", ...more] = texts;
  if ("text" in row) return { ...row, text: first };
  if ("anchor" in row)
    return { ...row, anchor: first, positive: second, negatives: more.filter((t) => t !== "") };
  if ("premise" in row) return { ...row, premise: first, hypothesis: second };
  return { ...row, sentence1: first, sentence2: second };
}
