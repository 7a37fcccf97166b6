import { textsOfRow } from "./rows/convert.js";
import type { Dataset, DatasetKind, RowTypes } from "./rows/row-types.js";
import { plainForm } from "./texts/text-hash.js";

/** Training rows that hold a text of the measuring rows, but for case and punctuation. */
interface Leaks {
  /** Distinct texts that are on both sides. */
  readonly texts: number;
  readonly rows: number;
  /** Line of the first such row. */
  readonly line: number;
  /** The training data without these rows; shared explicit negatives are taken out of their rows. */
  readonly rest: Dataset;
}

type AnyRow = RowTypes[DatasetKind];

/** Looks for texts of `measuring` in `train`; undefined where none is shared. */
export function findLeaks(train: Dataset, measuring: Dataset): Leaks | undefined {
  const known = new Set<string>();
  for (const row of measuring.rows) {
    for (const text of textsOfRow(row)) known.add(plainForm(text));
  }
  const isKnown = (text: string): boolean => known.has(plainForm(text));
  const shared = new Set<string>();
  const leaking: AnyRow[] = [];
  const rest: AnyRow[] = [];
  for (const row of train.rows) {
    const found = textsOfRow(row).filter(isKnown);
    for (const text of found) shared.add(plainForm(text));
    if (found.length > 0) leaking.push(row);
    const kept = found.length === 0 ? row : withoutTexts(row, isKnown);
    if (kept !== undefined) rest.push(kept);
  }
  if (leaking.length === 0) return undefined;
  return {
    texts: shared.size,
    rows: leaking.length,
    line: leaking[0]?.line ?? 0,
    rest: { ...train, rows: rest } as Dataset,
  };
}

function withoutTexts(row: AnyRow, isKnown: (text: string) => boolean): AnyRow | undefined {
  if (!("negatives" in row) || isKnown(row.anchor) || isKnown(row.positive)) return undefined;
  return { ...row, negatives: row.negatives.filter((text) => !isKnown(text)) };
}
