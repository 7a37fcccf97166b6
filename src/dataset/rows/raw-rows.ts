import { Problems } from "../../errors/problems.js";
import type { RoleColumns } from "../columns/resolve-columns.js";
import type { Cell, DataRecord, RecordSource } from "../readers/record-source.js";
import type { RowReportBuilder } from "./row-report.js";

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
  const wrong = (index: number, line: number): void => {
    const name = source.columns[index] ?? "";
    problems.add(`column "${name}" must hold a text, got an object or a nested list`, {
      file: source.file,
      line,
    });
  };
  for await (const record of source.records()) {
    book.readRecord();
    appendRows(rows, record, columns, wrong);
    if (problems.count >= 10) break;
  }
  problems.throwIfAny("name the column that holds the text: --columns anchor=…,positive=…");
  return rows;
}

type Wrong = (index: number, line: number) => void;

function appendRows(rows: RawRow[], record: DataRecord, columns: RoleColumns, wrong: Wrong): void {
  const { fields, line } = record;
  const list = (index: number | undefined): readonly string[] => {
    if (index === undefined) return none;
    return cellTexts(fields[index], () => wrong(index, line));
  };
  const one = (index: number | undefined): string => {
    const texts = list(index);
    if (texts.length > 1) wrong(index as number, line);
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
