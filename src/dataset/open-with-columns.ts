import { UserError } from "../errors/user-error.js";
import { contentOf } from "./columns/column-content.js";
import { type ContentSearch, partnerByContent, rolesByContent } from "./columns/content-roles.js";
import { withInstruction } from "./columns/instruction.js";
import { withoutTexts } from "./columns/no-texts.js";
import {
  type GivenColumns,
  looksMisspelt,
  missingColumn,
  misspeltSide,
  namesTexts,
  type RoleColumns,
  resolveColumns,
  unwantedRoles,
} from "./columns/resolve-columns.js";
import { refuseUndecided, undecidedNote } from "./columns/unlisted.js";
import { withListCells } from "./readers/list-cells.js";
import { openRecords } from "./readers/open-records.js";
import type { Cell, ReaderOptions, RecordSource } from "./readers/record-source.js";
import { parseNumber } from "./rows/scores.js";
import { textsOfCell } from "./texts/record-texts.js";

/** A file whose columns have their roles. */
export interface OpenedFile {
  readonly source: RecordSource;
  readonly columns: RoleColumns;
  /** What was decided, one sentence each. */
  readonly notes: readonly string[];
  /** Why the columns have no roles; only with `lenient`. */
  readonly problem?: UserError | undefined;
}

export interface OpenOptions {
  readonly columns?: GivenColumns | undefined;
  readonly reader?: ReaderOptions | undefined;
  /** Only texts are wanted: no other column is looked at. */
  readonly textsOnly?: boolean | undefined;
}

/** How other columns are taken than those that were found. */
const OTHERS = "; set others with --columns";

/** Records that the content of columns is judged by. */
const sampleRows = 500;

/**
 * Opens a file and gives its columns their roles: those given, then by name, and what no name says by content. Cells that write lists are
 * lists; Alpaca's instruction and input are one text. UserError: as openRecords, resolveColumns, rolesByContent and refuseUndecided; with
 * `lenient` a file whose columns are ambiguous is opened without the roles in question.
 */
export async function openWithColumns(
  file: string,
  options: OpenOptions,
  lenient = false,
): Promise<OpenedFile> {
  const given = options.columns ?? {};
  const columnNames = Object.values(given).filter((name) => name !== "" && !/^\d+$/.test(name));
  const opened = await openRecords(file, { ...options.reader, columnNames });
  try {
    const lists = await withListCells(opened);
    const { source, notes } = withInstruction(lists.source, given);
    const found = await findRoles(source, options, lenient);
    return { source, ...found, notes: [...lists.notes, ...notes, ...found.notes] };
  } catch (error) {
    opened.close();
    throw error;
  }
}

async function findRoles(
  source: RecordSource,
  { columns: given = {}, textsOnly = false }: OpenOptions,
  lenient: boolean,
): Promise<Omit<OpenedFile, "source">> {
  let held: RoleColumns = { negatives: [] };
  const notes: string[] = [];
  try {
    held = resolveColumns(source.columns, given, source.file);
    if (namesTexts(given)) {
      const left = textsOnly ? undefined : undecidedNote(await contentSearch(source, held, given));
      return { columns: held, notes: left === undefined ? [] : [left] };
    }
    await refuseNested(source, held);
    const search = await contentSearch(source, held, given);
    const lacksTexts =
      held.anchor === undefined && held.positive === undefined && held.text === undefined;
    if (lacksTexts && !looksMisspelt(textColumns(search))) {
      const found = rolesByContent(search);
      const none = found === undefined ? withoutTexts(search) : undefined;
      if (none !== undefined) throw none;
      held = found?.columns ?? held;
      // Commands that read texts alone have an option of their own for it.
      const others = textsOnly ? "" : OTHERS;
      notes.push(...(found === undefined ? [] : [found.note + others]));
    } else if (!textsOnly) {
      const partner = partnerByContent(search);
      if (partner !== undefined) {
        held = partner.columns;
        notes.push(partner.note + OTHERS);
      }
      refuseUndecided({ ...search, held });
      refuseMisspelt(source, held, given);
    }
  } catch (error) {
    const undecided = error instanceof UserError && lenientCodes.has(error.code);
    if (lenient && undecided) return { columns: held, notes, problem: error };
    throw error;
  }
  return { columns: held, notes };
}

/** Names of the columns that hold texts: a name that is nearly a known one is no typing error where the values are none. */
function textColumns({ names, columns }: ContentSearch): string[] {
  return names.filter((_, i) => ["text", "phrase"].includes(contentOf(columns[i]).type));
}

/** Rows whose texts lie deeper, in objects or lists of objects, and no column of which has a role. */
async function refuseNested(source: RecordSource, held: RoleColumns): Promise<void> {
  const { negatives, ...roles } = held;
  if (negatives.length > 0 || Object.values(roles).some((column) => column !== undefined)) return;
  const sample = await source.sample(sampleRows);
  const nested = source.columns.find((_, i) => sample.every(({ fields }) => fields[i] === null));
  if (nested === undefined || sample.length === 0) return;
  throw new UserError(
    "nested-rows",
    `column "${nested}" holds objects or nested lists, expected columns of texts`,
    {
      at: { file: source.file },
      hint: 'write the texts that belong together as one row: {"anchor": "a question", "positive": "its answer"}',
    },
  );
}

/** Single texts beside a column whose name is nearly that of a pair's side: more likely pairs with a typing error. */
function refuseMisspelt({ columns, file }: RecordSource, held: RoleColumns, given: GivenColumns) {
  const { anchor, positive, label } = held;
  if ([anchor, positive, label].some((column) => column !== undefined)) return;
  const side = Object.keys(given).length > 0 ? undefined : misspeltSide(columns);
  if (side !== undefined) throw missingColumn(side, columns, file);
}

const lenientCodes: ReadonlySet<string> = new Set([
  "ambiguous-columns",
  "missing-column",
  "undecided-column",
]);

/** What a column is judged by: its text or the first of several; a list of numbers is a vector and no number. */
function contentValue(cell: Cell): string {
  const [first = "", second] = textsOfCell(cell);
  return second !== undefined && parseNumber(first) !== undefined ? "" : first;
}

async function contentSearch(
  source: RecordSource,
  held: RoleColumns,
  given: GivenColumns,
): Promise<ContentSearch> {
  const sample = await source.sample(sampleRows);
  const columns = source.columns.map((_, i) => sample.map(({ fields }) => contentValue(fields[i])));
  return {
    file: source.file,
    names: source.columns,
    columns,
    held,
    unwanted: unwantedRoles(given),
  };
}
