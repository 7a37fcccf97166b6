import type { RowReport } from "../dataset/rows/row-report.js";
import { counted } from "../errors/counted.js";

/** The account of rows that were prepared: every input row is kept or stands in a counted reason. */
export function formatRowReport(account: RowReport): string {
  const { file, read, kept, dropped, notes } = account;
  return [
    `${file}: ${counted(read, "row")} read, ${kept} used`,
    ...dropped.map(
      ({ reason, count, line }) => `  left out  ${count}: ${reason} (first on line ${line})`,
    ),
    ...notes.map((note) => `  note      ${note}`),
  ].join("\n");
}
