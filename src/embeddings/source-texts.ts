import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { missingColumn, type RoleColumns, shellName } from "../dataset/columns/resolve-columns.js";
import { findTextColumns } from "../dataset/columns/text-column.js";
import { openWithColumns } from "../dataset/open-with-columns.js";
import type { Cell, ReaderOptions, RecordSource } from "../dataset/readers/record-source.js";
import { safeCell } from "../dataset/writers/table-file.js";
import { suggestion } from "../errors/suggest.js";
import { UserError, usageError } from "../errors/user-error.js";
import { fileError } from "../files/files.js";

/** A row to embed. */
export interface SourceRow {
  readonly text: string;
  /** Cells of the kept columns. */
  readonly cells: readonly string[];
}

/** The texts of a file. */
export interface SourceTexts {
  readonly file: string;
  /** The column that holds the texts. */
  readonly column: string;
  readonly columns: readonly string[];
  readonly dialect: string;
  /** What was decided and noticed, one sentence each; complete after the walk. */
  readonly notes: () => readonly string[];
  /** Can be walked once; the file is read again by opening it again. */
  readonly rows: () => AsyncGenerator<SourceRow>;
  /** SHA-256 of the file; known after the walk. */
  readonly sha256: () => string;
}

interface SourceOptions {
  readonly column?: string | undefined;
  /** Columns to keep: names, or true for all but that of the texts. */
  readonly keep?: readonly string[] | true | undefined;
  /** How the file is to be read, where the evidence is not to decide. */
  readonly reader?: ReaderOptions | undefined;
}

/** Opens the text column of a file, or all lines of a plain text file. UserError: as `openWithColumns`, missing-column, unknown-column. */
export async function openSourceTexts(
  file: string,
  { column, keep = [], reader }: SourceOptions,
): Promise<SourceTexts> {
  const given = column === undefined ? undefined : { text: column };
  const {
    source,
    columns: found,
    notes,
  } = await openWithColumns(file, {
    columns: given,
    reader,
    textsOnly: true,
  });
  try {
    const index = findTextColumns(found).single;
    if (index === undefined) throw withoutText(source.columns, found, file);
    const columns = keep === true ? source.columns.filter((_, i) => i !== index) : keep;
    const kept = columns.map((name) => keptIndex(source, name));
    return {
      file,
      column: source.columns[index],
      columns,
      dialect: source.description,
      notes: () => [...notes, ...source.warnings()],
      rows: () => rowsOf(source, index, kept),
      sha256: source.sha256,
    };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** The same texts and cells as a spreadsheet can be given them: none is taken for a formula. */
export function safeTexts(texts: SourceTexts): SourceTexts {
  const rows = async function* () {
    for await (const { text, cells } of texts.rows())
      yield { text: safeCell(text), cells: cells.map(safeCell) };
  };
  return { ...texts, rows };
}

async function* rowsOf(
  source: RecordSource,
  index: number,
  kept: readonly number[],
): AsyncGenerator<SourceRow> {
  for await (const { fields } of source.records()) {
    const cell = fields[index];
    const text = typeof cell === "string" ? cell.trim() : (cell ?? []).join(" ").trim();
    yield { text, cells: kept.map((i) => cellText(fields[i] ?? "")) };
  }
}

function cellText(cell: Cell): string {
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

function keptIndex({ columns, file }: RecordSource, name: string): number {
  if (name === "text" || name === "embedding") {
    throw usageError(
      "column-name-taken",
      `a column "${name}" of ${file} cannot be kept: the file written has one of that name`,
      "name the columns to keep: --keep-columns a,b",
    );
  }
  const index = columns.indexOf(name);
  if (index >= 0) return index;
  throw usageError(
    "unknown-column",
    `--keep-columns names "${name}", which ${file} does not have`,
    suggestion(name, columns),
  );
}

/** Copies standard input to a file, so that it can be read again. */
export async function keepStandardInput(path: string): Promise<void> {
  try {
    const input = createReadStream("", { fd: 0, autoClose: false });
    await pipeline(input, createWriteStream(path));
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Of several columns with texts, one must be named. */
function withoutText(columns: readonly string[], found: RoleColumns, file: string): UserError {
  const error = missingColumn("text", columns, file);
  const side = found.anchor ?? found.positive;
  const hint =
    side === undefined
      ? error.hint?.replace("--columns text=", "--column ")
      : `embed one of them: --column ${shellName(columns, side)}`;
  return new UserError(error.code, error.message, { at: { file }, hint });
}
