import { type TableValue, writeTable } from "../dataset/writers/table-file.js";
import type { Evaluation, RowDetails } from "../evaluation/metric.js";
import { rowChanges } from "../evaluation/row-changes.js";

/** Nearest texts that are written of each row. */
const NEAREST = 3;

/**
 * Writes a line a row or query: its line in the measuring file, its id where it has one, texts, figures under base and model, the change of the figure that compares
 * rows, and the nearest texts under both.
 */
export async function writeRowFile(
  path: string,
  model: Evaluation,
  base: Evaluation | undefined,
): Promise<void> {
  const { details } = model;
  if (details === undefined) return;
  const known = base?.details;
  const changes = known === undefined ? [] : rowChanges(known, details);
  const columns: Cells = [
    cell("line", (row) => details.lines[row]),
    ...texts("query_id", details.ids),
    ...texts("text", details.texts),
    ...texts("other", details.others),
    ...texts("label", details.labels),
    ...figures(known === undefined ? "" : "tuned_", details),
    ...(known === undefined ? [] : figures("base_", known)),
    ...(changes.length === 0 ? [] : [cell(`change_${details.main}`, (row) => changes[row].change)]),
    ...nearest(known === undefined ? "nearest" : "tuned_nearest", details),
    ...(known === undefined ? [] : nearest("base_nearest", known)),
  ];
  await writeTable(
    path,
    {
      columns: columns.map(([name]) => ({ name })),
      rows: details.texts.map((_, row) => columns.map(([, value]) => value(row))),
    },
    { overwrite: true },
  );
}

type Cells = readonly (readonly [string, (row: number) => TableValue])[];

function cell(name: string, value: (row: number) => TableValue): Cells[number] {
  return [name, value];
}

function texts(name: string, values: readonly string[] | undefined): Cells {
  return values === undefined ? [] : [cell(name, (row) => values[row])];
}

function figures(prefix: string, details: RowDetails): Cells {
  return Object.entries(details.figures).map(([name, values]) =>
    cell(prefix + name, (row) => (Number.isFinite(values[row]) ? values[row] : "")),
  );
}

function nearest(name: string, { ranked }: RowDetails): Cells {
  if (ranked === undefined) return [];
  return Array.from({ length: NEAREST }, (_, k) =>
    cell(`${name}_${k + 1}`, (row) => ranked[row][k]?.text ?? ""),
  );
}
