import { UserError } from "../../errors/user-error.js";
import { normalName } from "../columns/role-names.js";
import { listNames } from "../readers/limits.js";
import type { RecordSource } from "../readers/record-source.js";

/** Whether the columns of a file have no names. */
export function hasNoHeader({ dialect }: RecordSource): boolean {
  return dialect.format === "delimited" && !dialect.header;
}

/** The column of the first of the names that the file has, or -1. */
export function findColumn({ columns }: RecordSource, names: readonly string[]): number {
  for (const wanted of names) {
    const found = columns.findIndex((name) => normalName(name) === wanted);
    if (found >= 0) return found;
  }
  return -1;
}

/** As `findColumn`; none is a UserError missing-column, and the source is closed. */
export function columnOf(source: RecordSource, names: readonly string[], what: string): number {
  const found = findColumn(source, names);
  if (found >= 0) return found;
  source.close();
  throw new UserError(
    "missing-column",
    `has no column for the ${what}, found the columns ${listNames(source.columns)}`,
    {
      at: { file: source.file },
      hint: `rename the column to one of: ${names.join(", ")}`,
    },
  );
}
