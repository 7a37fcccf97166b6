import { gzipSync } from "node:zlib";
import { suggestion } from "../../errors/suggest.js";
import { usageError } from "../../errors/user-error.js";
import { type NewFileOptions, writeNewFile } from "../../files/new-file.js";

/** A cell: a list belongs to a column that holds lists. */
export type TableValue = string | number | readonly string[];

/** A column of a file of rows. */
export interface TableColumn {
  readonly name: string;
  /** The longest list, for a column of lists: `negative` becomes negative_1 … negative_K in CSV and `negatives` in JSON Lines. */
  readonly lists?: number;
}

/** Rows to be written. */
export interface Table {
  readonly columns: readonly TableColumn[];
  readonly rows: Iterable<readonly TableValue[]>;
}

export interface TableFileOptions extends NewFileOptions {
  /** Put `'` before cells of CSV and TSV that a spreadsheet would take for a formula (= + - @, tab, carriage return). */
  readonly csvSafe?: boolean;
}

const formats: Readonly<Record<string, (table: Table, csvSafe: boolean) => Generator<string>>> = {
  ".csv": (table, csvSafe) => delimited(table, ",", csvSafe),
  ".tsv": (table, csvSafe) => delimited(table, "\t", csvSafe),
  ".jsonl": (table) => jsonLines(table),
};

/** Extensions that rows are written under. */
export const tableFormats: readonly string[] = Object.keys(formats).flatMap((ext) => [
  ext,
  `${ext}.gz`,
]);

/** The format of a file name by its extension; another extension is a usage error. */
export function tableFormat(path: string): { readonly extension: string; readonly gzip: boolean } {
  const name = path.toLowerCase();
  const gzip = name.endsWith(".gz");
  const extension = /\.[^./\\]*$/.exec(gzip ? name.slice(0, -3) : name)?.[0] ?? "";
  if (formats[extension] !== undefined) return { extension, gzip };
  throw usageError(
    "unknown-table-format",
    `--out must end in ${tableFormats.join(", ")}, got "${path}"`,
    suggestion(extension, tableFormats),
  );
}

/** Characters that are written at a time. */
const partSize = 1 << 20;

/**
 * Writes rows to a new file, whole or not at all, in the format of its extension: .csv and .tsv (its header always quoted) by RFC 4180,
 * .jsonl with one object a row, each also gzipped as .gz. UserError: unknown-table-format, out-exists, and those of the disk.
 */
export async function writeTable(
  path: string,
  table: Table,
  options: TableFileOptions = {},
): Promise<void> {
  const { extension, gzip } = tableFormat(path);
  const lines = formats[extension](table, options.csvSafe ?? false);
  const encode = (part: string): Uint8Array | string => (gzip ? gzipSync(part) : part);
  await writeNewFile(
    path,
    async (append) => {
      let part = "";
      for (const line of lines) {
        part += line;
        if (part.length < partSize) continue;
        await append(encode(part));
        part = "";
      }
      await append(encode(part));
    },
    options,
  );
}

function* delimited({ columns, rows }: Table, delimiter: string, safe: boolean): Generator<string> {
  const field = (value: string): string => csvField(safe ? safeCell(value) : value, delimiter);
  const names = columns.flatMap(({ name, lists }) =>
    lists === undefined ? [name] : Array.from({ length: lists }, (_, k) => `${name}_${k + 1}`),
  );
  // Tab-separated files come with and without quoting; quoted names say which this is, whatever its cells contain.
  yield `${names.map(delimiter === "\t" ? quoted : field).join(delimiter)}\n`;
  for (const row of rows) {
    const cells = columns.flatMap(({ lists }, i) => {
      const value = row[i] ?? "";
      if (lists === undefined) return [String(value)];
      const list = value as readonly string[];
      return Array.from({ length: lists }, (_, k) => list[k] ?? "");
    });
    const line = cells.map(field).join(delimiter);
    // A lone empty cell would be a blank line, which readers skip.
    yield line === "" ? '""\n' : `${line}\n`;
  }
}

function csvField(text: string, delimiter: string): string {
  return /["\r\n]/.test(text) || text.includes(delimiter) ? quoted(text) : text;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** A cell with `'` before it where a spreadsheet would take it for a formula. A number stays one: `-0.5` is no formula. */
export function safeCell(text: string): string {
  return /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)
    ? `'${text}`
    : text;
}

function* jsonLines({ columns, rows }: Table): Generator<string> {
  for (const row of rows) {
    const entries = columns.map(({ name, lists }, i) => [
      lists === undefined ? name : `${name}s`,
      row[i] ?? "",
    ]);
    yield `${JSON.stringify(Object.fromEntries(entries))}\n`;
  }
}
