import { UserError } from "../../errors/user-error.js";

/** A record this long is a quote that was never closed or no record at all; it also bounds the memory that one may take, in bytes. */
export const maxRecordBytes = 1 << 24;

/** More columns than this are a file read by the wrong delimiter, or a matrix. */
const maxColumns = 10_000;

/** Column names as a message lists them: the first twenty. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 20).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

/** The error for a line, text or record above `maxRecordBytes`. */
export function tooLong(what: string, file: string, line: number): UserError {
  return new UserError(
    "record-too-long",
    `the ${what} that starts here is longer than ${maxRecordBytes >> 20} MiB, the most that is read as one`,
    { at: { file, line }, hint: "cut the text into passages, one a row" },
  );
}

/** Whether there are more columns than a file may have. */
export function isWide(count: number): boolean {
  return count > maxColumns;
}

/** UserError too-many-columns above `maxColumns`. */
export function requireFewColumns(count: number, file: string, line = 1): void {
  if (!isWide(count)) return;
  throw new UserError(
    "too-many-columns",
    `has ${count} or more columns, expected at most ${maxColumns}`,
    {
      at: { file, line },
      hint: "if it holds one text a line, read it so: --input-format text; if another delimiter is meant, give --delimiter",
    },
  );
}
