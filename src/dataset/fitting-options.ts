import type { OpenOptions } from "./open-with-columns.js";
import { openRecords } from "./readers/open-records.js";
import type { ReaderOptions } from "./readers/record-source.js";

type Reading = Pick<OpenOptions, "columns" | "reader">;

/**
 * What is said of one file, `of`, as far as it fits another: how bytes are read where the names end alike (without `of`: in any case) and
 * that finds no fewer columns than the file's own evidence, and each named or ignored column that the other file has too. So a measuring file or a corpus with the same header needs no options of its own, and one with
 * another header is read by its own names. UserError: as openRecords.
 */
export async function fittingOptions(
  file: string,
  { columns = {}, reader = {} }: Reading,
  of = file,
): Promise<Reading> {
  const { ignore = [], ...dialect } = reader;
  const alike = endingOf(file) === endingOf(of) && (await fits(file, dialect));
  const own: ReaderOptions = alike ? dialect : {};
  const named = Object.values(columns).filter((name) => name !== "");
  if (file === "-" || (named.length === 0 && ignore.length === 0)) return { columns, reader: own };
  const source = await openRecords(file, { ...own, columnNames: named.filter(isName) });
  source.close();
  const has = (name: string): boolean => hasColumn(source.columns, name);
  const fitting = Object.entries(columns).filter(([, name]) => name === "" || has(name));
  return {
    columns: Object.fromEntries(fitting),
    reader: { ...own, ignore: ignore.filter((name) => source.columns.includes(name)) },
  };
}

/** Whether a file read in this way has as many columns as it has by its own evidence. */
async function fits(file: string, dialect: ReaderOptions): Promise<boolean> {
  if (file === "-" || Object.values(dialect).every((value) => value === undefined)) return true;
  const widths: number[] = [];
  for (const reader of [dialect, {}]) {
    const source = await openRecords(file, reader);
    widths.push(source.columns.length);
    source.close();
  }
  return widths[0] >= widths[1];
}

function isName(column: string): boolean {
  return !/^\d+$/.test(column);
}

function hasColumn(columns: readonly string[], wanted: string): boolean {
  if (columns.some((name) => name.toLowerCase() === wanted.toLowerCase())) return true;
  const number = isName(wanted) ? 0 : Number(wanted);
  return number >= 1 && number <= columns.length;
}

/** `.csv` of `a/b.csv.gz`. */
function endingOf(file: string): string {
  return /(\.[a-z0-9]+)(\.gz)?$/i.exec(file)?.[1].toLowerCase() ?? "";
}
