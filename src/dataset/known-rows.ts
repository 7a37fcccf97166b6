import { textsOfRow } from "./rows/convert.js";
import type { Dataset, DatasetKind, RowTypes } from "./rows/row-types.js";
import { plainForm } from "./texts/text-hash.js";

/** Rows of measuring data that are known from training, but for case and punctuation. */
export interface KnownRows {
  readonly count: number;
  readonly of: number;
  /** What a row is called: queries may be known while the texts that they look for are new, or the other way round. */
  readonly what: "queries" | "texts" | "rows";
}

/**
 * How many rows a model has learnt in training: queries (anchors) and single texts that are among the training texts, and pairs both of whose
 * texts are. Known answers to new questions are none. Undefined where no row is known.
 */
export function knownRows(
  { kind, rows }: Dataset,
  trains: readonly Dataset[],
): KnownRows | undefined {
  const known = new Set<string>();
  for (const row of trains.flatMap((train): readonly AnyRow[] => train.rows))
    for (const text of textsOfRow(row)) known.add(plainForm(text));
  const isKnown = (row: AnyRow): boolean =>
    keyTexts(row).every((text) => known.has(plainForm(text)));
  const count = rows.reduce((sum: number, row: AnyRow) => (isKnown(row) ? sum + 1 : sum), 0);
  return count === 0 ? undefined : { count, of: rows.length, what: names[kind] };
}

type AnyRow = RowTypes[DatasetKind];

const names = {
  pair: "queries",
  // Of a retrieval set.
  text: "queries",
  classed: "texts",
  "scored-pair": "rows",
  "labelled-pair": "rows",
  nli: "rows",
} as const satisfies Record<DatasetKind, KnownRows["what"]>;

function keyTexts(row: AnyRow): readonly string[] {
  return "anchor" in row ? [row.anchor] : textsOfRow(row);
}
