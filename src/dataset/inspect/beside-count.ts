import type { RoleColumns } from "../columns/resolve-columns.js";
import type { Cell } from "../readers/record-source.js";
import { textOfCell } from "../texts/record-texts.js";
import type { Finding } from "./inspection.js";

/** Distinct values that are remembered of a column. */
const VALUES = 1000;

/** A column without a role beside the one of single texts: perhaps a title. */
export interface BesideColumn {
  readonly index: number;
  /** Cells of two words and more. */
  wordy: number;
  readonly values: Set<string>;
}

/** The columns beside single texts; none beside pairs, whose own columns hold their texts. */
export function besideColumns(width: number, columns: RoleColumns): BesideColumn[] {
  if (columns.text === undefined) return [];
  const { negatives, ...single } = columns;
  const used = new Set([...Object.values(single), ...negatives]);
  return Array.from({ length: width }, (_, index) => ({
    index,
    wordy: 0,
    values: new Set<string>(),
  }))
    .filter(({ index }) => !used.has(index))
    .slice(0, 20);
}

/** Counts one row. */
export function countBeside(beside: readonly BesideColumn[], fields: readonly Cell[]): void {
  for (const column of beside) {
    const text = textOfCell(fields[column.index]);
    if (/\p{L}\S*\s+\S*\p{L}/u.test(text)) column.wordy += 1;
    if (column.values.size < VALUES) column.values.add(text);
  }
}

/** Names of all columns and of that of single texts, and whether these have labels. */
export interface NamedColumns {
  readonly text: string;
  readonly columns: readonly string[];
  readonly labelled: boolean;
}

/** A finding for each column of texts of their own: most of two words, and most of them different. */
export function besideFindings(
  beside: readonly BesideColumn[],
  rows: number,
  names: NamedColumns,
): Finding[] {
  return beside
    .filter(({ wordy, values }) => 2 * wordy >= rows && 2 * values.size >= Math.min(rows, VALUES))
    .map(({ index, wordy }) => ({
      code: "unused-texts",
      what: `texts in "${names.columns[index]}", beside "${names.text}", which alone is used`,
      count: wordy,
      advice: `for a text of both, join the columns beforehand; for pairs of them: --columns anchor=${names.columns[index]},positive=${names.text}${names.labelled ? ",label=" : ""}`,
    }));
}
