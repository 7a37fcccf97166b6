import type { Dataset, DatasetKind, RowTypes } from "./rows/row-types.js";

/** A row as the model will see it: names and values in order, absent ones left out. */
export interface PreviewRow {
  readonly line: number;
  readonly cells: readonly { readonly name: string; readonly value: string }[];
}

/** The first `count` rows. */
export function preview(dataset: Dataset, count: number): PreviewRow[] {
  return dataset.rows.slice(0, count).map(previewRow);
}

function previewRow(row: RowTypes[DatasetKind]): PreviewRow {
  const { line, ...values } = row;
  const cells = Object.entries(values).flatMap(([name, value]) => {
    if (name === "unit") return [];
    if (!Array.isArray(value)) return [{ name, value: String(value) }];
    return value.map((item: string, k) => ({
      name: value.length === 1 ? "negative" : `negative_${k + 1}`,
      value: item,
    }));
  });
  return { line, cells };
}
