import type { OpenOptions } from "./open-with-columns.js";
import { openRecords } from "./readers/open-records.js";
import type { ReaderOptions } from "./readers/record-source.js";

type Reading = Pick<OpenOptions, "columns" | "reader">;

/**
 * What is said of one file, `of`, as far as it fits another: how bytes are read where the names end alike (without `of`: in any case), and each named or ignored
 * column that the other file has too. So a measuring file or a corpus with the same header needs no options of its own, and one with
 * another header is read by its own names. UserError: as openRecords.
 */
export async function fittingOptions(
  file: string,
  { columns = {}, reader = {} }: Reading,
  of = file,
): Promise<Reading> {
  const { ignore = [], ...dialect } = reader;
  const own: ReaderOptions = endingOf(file) === endingOf(of) ? dialect : {};
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
