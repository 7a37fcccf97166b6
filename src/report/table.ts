/** A column: its title and how its cells stand. */
interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/**
 * The table of `formatTable` where it fits into `width` characters; else a block a row, headed by its first cell, with a line a column
 * that has a value.
 */
export function fittingTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const table = formatTable(columns, rows);
  const widest = Math.max(...table.split("\n").map((line) => [...line].length));
  if (widest <= width) return table;
  const titles = columns.slice(1).map(({ title }) => title);
  return rows
    .map(([head, ...cells]) => {
      const lines = cells.flatMap((cell, i) => (cell === "" ? [] : [[`  ${titles[i]}`, cell]]));
      return headedLines(head, lines);
    })
    .join("\n");
}

/** A block: a line of its own, and pairs under it in two aligned columns. */
export function headedLines(head: string, pairs: readonly (readonly string[])[]): string {
  const [, ...lines] = formatTable([{ title: "" }, { title: "" }], pairs).split("\n");
  return [head, ...lines].join("\n");
}

/**
 * Plain text with aligned columns, two spaces apart, a header line and no rules: readable in any terminal and
 * easy to cut. Widths count code points.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const widths = columns.map((column, i) =>
    Math.max(lengthOf(column.title), ...rows.map((row) => lengthOf(row[i] ?? ""))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => pad(cells[i] ?? "", widths[i] ?? 0, column.align ?? "left"))
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), ...rows.map(line)].join("\n");
}

function lengthOf(text: string): number {
  return [...text].length;
}

function pad(text: string, to: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, to - lengthOf(text)));
  return align === "left" ? text + space : space + text;
}
