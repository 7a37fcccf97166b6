import type { Dataset, DatasetKind, RowTypes } from "./rows/row-types.js";

/** What each kind of text gets put before it. */
type TextPrefixes = Readonly<Record<"query" | "document" | "other", string>>;

/** A row as the model will see it: names and values in order, absent ones left out. */
export interface PreviewRow {
  readonly line: number;
  readonly cells: readonly { readonly name: string; readonly value: string }[];
}

/** The first `count` rows, with the model's prompts before their texts. */
export function preview(
  dataset: Dataset,
  count: number,
  prompts: TextPrefixes = { query: "", document: "", other: "" },
): PreviewRow[] {
  return dataset.rows.slice(0, count).map((row) => previewRow(row, prompts));
}

function previewRow(row: RowTypes[DatasetKind], prompts: TextPrefixes): PreviewRow {
  const { line, ...values } = row;
  const cells = Object.entries(values).flatMap(([name, value]) => {
    if (name === "unit" || value === undefined) return [];
    const prompt = promptOfCell(name, prompts);
    if (!Array.isArray(value)) return [{ name, value: prompt + String(value) }];
    return value.map((item: string, k) => ({
      name: value.length === 1 ? "negative" : `negative_${k + 1}`,
      value: prompt + item,
    }));
  });
  return { line, cells };
}

function promptOfCell(name: string, { query, document, other }: TextPrefixes): string {
  if (name === "anchor") return query;
  if (name === "positive" || name === "negatives") return document;
  const isText = ["sentence1", "sentence2", "premise", "hypothesis", "text"].includes(name);
  return isText ? other : "";
}
