import type { PreviewRow } from "../dataset/preview.js";
import type { RowReport } from "../dataset/rows/row-report.js";
import { counted } from "../errors/counted.js";
import type { EvaluationData } from "../evaluation/definition.js";

/** Longest cell that a preview shows, in characters. */
const longest = 100;

/**
 * What was made of a file: how it was read, which column plays which role, rows kept and dropped and why, and the first rows as the
 * model will see them.
 */
export function formatDataSummary(dataset: EvaluationData, rows: readonly PreviewRow[]): string {
  const { account, columns, dialect } = dataset;
  const roles = Object.entries(columns).map(
    ([role, column]) =>
      `${role} = ${[column]
        .flat()
        .map((name) => `"${name}"`)
        .join(", ")}`,
  );
  return [
    `${account.file}: ${dialect}`,
    `  columns  ${roles.join(" · ")}`,
    `  rows     ${formatRows(dataset.rows.length, dataset.kind, account)}`,
    ...account.dropped.map(
      ({ reason, count, line }) => `  dropped  ${count}: ${reason} (first on line ${line})`,
    ),
    ...account.notes.map((note) => `  note     ${note}`),
    ...rows.map(formatPreviewRow),
  ].join("\n");
}

function formatRows(count: number, kind: string, account: RowReport): string {
  const unit = count === account.kept ? "" : `, which give ${counted(count, "row")}`;
  return `${account.kept} of ${account.read} kept${unit} (${kind})`;
}

/** Rows as the model will see them, long texts cut. */
export function formatPreview(rows: readonly PreviewRow[]): string {
  return rows.map(formatPreviewRow).join("\n");
}

function formatPreviewRow(row: PreviewRow): string {
  const cells = row.cells.map(({ name, value }) => `\n             ${name}: ${shortened(value)}`);
  return `  line ${row.line}${cells.join("")}`;
}

function shortened(text: string): string {
  const flat = text.replace(/\s+/g, " ");
  return flat.length <= longest ? flat : `${flat.slice(0, longest - 1)}…`;
}
