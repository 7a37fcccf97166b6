import type { KindRows } from "../rows/convert.js";
import type { PairRow } from "../rows/row-types.js";
import type { Table, TableColumn, TableValue } from "../writers/table-file.js";

/** Rows of a kind as a table whose columns' names say their roles, so that they are read again as what they are. */
export function rowTable(data: KindRows, triplets = false): Table {
  switch (data.kind) {
    case "pair":
      return pairTable(data.rows, triplets);
    case "labelled-pair":
      return tableOf(["sentence1", "sentence2", "label"], data.rows, (row) => [
        row.sentence1,
        row.sentence2,
        row.label,
      ]);
    case "scored-pair":
      return tableOf(["sentence1", "sentence2", "score"], data.rows, (row) => [
        row.sentence1,
        row.sentence2,
        Number(row.score.toPrecision(6)),
      ]);
    case "nli":
      return tableOf(["premise", "hypothesis", "label"], data.rows, (row) => [
        row.premise,
        row.hypothesis,
        row.label,
      ]);
    case "classed":
      return tableOf(["text", "label"], data.rows, (row) => [row.text, row.label]);
    case "text":
      return tableOf(["text"], data.rows, (row) => [row.text]);
  }
}

function tableOf<Row>(
  names: readonly string[],
  rows: readonly Row[],
  cells: (row: Row) => readonly TableValue[],
): Table {
  return { columns: names.map((name) => ({ name })), rows: mapped(rows, cells) };
}

/** Negatives, group and margin only where some row has them. */
function pairTable(rows: readonly PairRow[], triplets: boolean): Table {
  const most = rows.reduce((all, row) => Math.max(all, row.negatives.length), 0);
  const negative: TableColumn[] = triplets
    ? [{ name: "negative" }]
    : most > 0
      ? [{ name: "negative", lists: most }]
      : [];
  const grouped = rows.some((row) => row.group !== undefined);
  const margins = rows.some((row) => row.margin !== undefined);
  return {
    columns: [
      { name: "anchor" },
      { name: "positive" },
      ...negative,
      ...(grouped ? [{ name: "group" }] : []),
      ...(margins ? [{ name: "margin" }] : []),
    ],
    rows: mapped(rows, (row) => [
      row.anchor,
      row.positive,
      ...(triplets ? [row.negatives[0] ?? ""] : most > 0 ? [row.negatives] : []),
      ...(grouped ? [row.group ?? ""] : []),
      ...(margins ? [row.margin ?? ""] : []),
    ]),
  };
}

function* mapped<Row, To>(rows: readonly Row[], make: (row: Row) => To): Generator<To> {
  for (const row of rows) yield make(row);
}
