import type { OpenOptions } from "./open-with-columns.js";
import { openRecords } from "./readers/open-records.js";
import type { ReaderOptions } from "./readers/record-source.js";

type Reading = Pick<OpenOptions, "columns" | "reader">;

/**
 * What is said of one file, `of`, as far as it fits another: how bytes are read where the names end alike and the file can be read so, and each
 * named or ignored column that the other file has too. So a measuring file or a corpus with the same header needs no options of its own,
 * and one with another header is read by its own names. Without `of` it is said of the file itself: bytes are read so in any case. The file
 * is opened at most twice. UserError: as openRecords.
 */
export async function fittingOptions(
  file: string,
  { columns = {}, reader = {} }: Reading,
  of = file,
): Promise<Reading> {
  const { ignore = [], ...said } = reader;
  const dialect: ReaderOptions = endingOf(file) === endingOf(of) ? said : {};
  const named = Object.values(columns).filter((name) => name !== "");
  const doubtful = file !== of && Object.values(dialect).some((value) => value !== undefined);
  if (file === "-" || (named.length === 0 && ignore.length === 0 && !doubtful))
    return { columns, reader: dialect };
  const read = (by: ReaderOptions) =>
    readColumns(file, { ...by, columnNames: named.filter(isName) });
  const first = await read(dialect);
  const found = doubtful ? await betterRead(first, read) : first;
  const own: ReaderOptions = found === first ? dialect : {};
  const fitting = Object.entries(columns).filter(
    ([, name]) => name === "" || hasColumn(found.columns, name),
  );
  return {
    columns: Object.fromEntries(fitting),
    reader: { ...own, ignore: ignore.filter((name) => found.columns.includes(name)) },
  };
}

interface ReadColumns {
  readonly columns: readonly string[];
}

async function readColumns(file: string, reader: ReaderOptions): Promise<ReadColumns> {
  const source = await openRecords(file, reader);
  source.close();
  return { columns: source.columns };
}

/** A dialect that leaves a whole line in one column is none of a file's that has several by its own evidence. */
async function betterRead(
  said: ReadColumns,
  read: (by: ReaderOptions) => Promise<ReadColumns>,
): Promise<ReadColumns> {
  if (said.columns.length > 1) return said;
  const own = await read({});
  return own.columns.length > 1 ? own : said;
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
