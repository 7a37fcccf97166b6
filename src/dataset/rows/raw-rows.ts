import { Problems } from "../../errors/problems.js";
import type { RoleColumns } from "../columns/resolve-columns.js";
import type { Cell, DataRecord, RecordSource } from "../readers/record-source.js";
import { isPlaceholder } from "../texts/placeholders.js";
import type { RowReportBuilder } from "./row-report.js";
import { hasDecimalCommas, withDecimalPoint } from "./scores.js";

/** A record's cells by role, trimmed; "" where the column or the value is absent. A list of positives gives several rows. */
export interface RawRow {
  readonly line: number;
  readonly anchor: string;
  readonly positive: string;
  readonly negatives: readonly string[];
  readonly score: string;
  readonly label: string;
  readonly text: string;
  readonly group: string;
  readonly margin: string;
  readonly subset: string;
}

/** Reads all records of a source by their roles. UserError: wrong-type (up to ten together), and whatever the source throws. */
export async function readRawRows(
  source: RecordSource,
  columns: RoleColumns,
  book: RowReportBuilder,
): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  const problems = new Problems("wrong-type");
  let labelIsWrong = false;
  const wrong: Wrong = (index, line, got = "an object or a nested list") => {
    const name = source.columns[index] ?? "";
    labelIsWrong ||= index === columns.label;
    problems.add(`column "${name}" must hold a text, got ${got}`, { file: source.file, line });
  };
  const commas = hasDecimalCommas(source.dialect);
  for await (const record of source.records()) {
    book.readRecord();
    const first = rows.length;
    appendRows(rows, record, columns, wrong);
    if (commas) for (let i = first; i < rows.length; i++) rows[i] = decimalPoints(rows[i], book);
    notePlaceholders(rows[first], book);
    if (problems.count >= 10) break;
  }
  problems.throwIfAny(
    labelIsWrong
      ? "leave the labels out: --columns label=, or write one label a row"
      : "name the column that holds the text: --columns anchor=…,positive=…",
  );
  return rows;
}

type Wrong = (index: number, line: number, got?: string) => void;

/** The row with scores and margins of two texts that have a decimal comma written with a point. */
function decimalPoints(row: RawRow, book: RowReportBuilder): RawRow {
  const label = row.positive === "" ? row.label : withDecimalPoint(row.label);
  const [score, margin] = [withDecimalPoint(row.score), withDecimalPoint(row.margin)];
  if (score === row.score && margin === row.margin && label === row.label) return row;
  book.remark("rows with a decimal comma in a number", row.line);
  return { ...row, score, margin, label };
}

function notePlaceholders(row: RawRow | undefined, book: RowReportBuilder): void {
  if (row === undefined) return;
  if ([row.anchor, row.positive, row.text].some(isPlaceholder))
    book.remark("rows whose text is a placeholder (NaN, None, NULL, N/A), kept as texts", row.line);
}

function appendRows(rows: RawRow[], record: DataRecord, columns: RoleColumns, wrong: Wrong): void {
  const { fields, line } = record;
  const list = (index: number | undefined): readonly string[] => {
    if (index === undefined) return none;
    return cellTexts(fields[index], () => wrong(index, line));
  };
  const one = (index: number | undefined): string => {
    const texts = list(index);
    if (texts.length > 1) wrong(index as number, line, `a list of ${texts.length}`);
    return texts[0] ?? "";
  };
  const negatives =
    columns.negatives.length === 0 ? none : columns.negatives.flatMap(list).filter((t) => t !== "");
  const row = {
    line,
    negatives,
    anchor: one(columns.anchor),
    score: one(columns.score),
    label: one(columns.label),
    text: one(columns.text),
    group: one(columns.group),
    margin: one(columns.margin),
    subset: one(columns.subset),
  };
  const positives = list(columns.positive);
  if (positives.length === 0) rows.push({ ...row, positive: "" });
  for (const positive of positives) rows.push({ ...row, positive });
}

const none: readonly string[] = [];

function cellTexts(cell: Cell, wrong: () => void): readonly string[] {
  if (typeof cell === "string") return [cell.trim()];
  if (cell !== null) return cell.map((text) => text.trim()).filter((text) => text !== "");
  wrong();
  return none;
}
