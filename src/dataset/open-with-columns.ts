import { UserError } from "../errors/user-error.js";
import { type ContentRoles, rolesByContent } from "./columns/content-roles.js";
import {
  type GivenColumns,
  looksMisspelt,
  type RoleColumns,
  resolveColumns,
} from "./columns/resolve-columns.js";
import { openRecords } from "./readers/open-records.js";
import type { ReaderOptions, RecordSource } from "./readers/record-source.js";

/** A file whose columns have their roles. */
export interface OpenedFile {
  readonly source: RecordSource;
  readonly columns: RoleColumns;
  /** What was decided, one sentence each. */
  readonly notes: readonly string[];
  /** Why the columns have no roles; only with `lenient`. */
  readonly problem?: UserError;
}

export interface OpenOptions {
  readonly columns?: GivenColumns | undefined;
  readonly reader?: ReaderOptions | undefined;
}

/** Records that the content of columns is judged by. */
const sampleRows = 500;

/**
 * Opens a file and gives its columns their roles: those given, then by name, and where no name says anything by content. UserError: as
 * openRecords, resolveColumns and rolesByContent; with `lenient` a file whose columns are ambiguous is opened without roles.
 */
export async function openWithColumns(
  file: string,
  options: OpenOptions,
  lenient = false,
): Promise<OpenedFile> {
  const source = await openRecords(file, options.reader);
  try {
    return { source, ...(await findRoles(source, options.columns ?? {})) };
  } catch (error) {
    if (lenient && error instanceof UserError && error.code === "ambiguous-columns")
      return { source, columns: { negatives: [] }, notes: [], problem: error };
    source.close();
    throw error;
  }
}

async function findRoles(
  source: RecordSource,
  given: GivenColumns,
): Promise<Omit<OpenedFile, "source">> {
  const columns = resolveColumns(source.columns, given, source.file);
  // A subset alone says nothing of the texts.
  const { subset: _, ...telling } = columns;
  const named = Object.keys(telling).length > 1 || columns.negatives.length > 0;
  if (named || looksMisspelt(source.columns)) return { columns, notes: [] };
  const found: ContentRoles | undefined = rolesByContent(
    source.columns,
    (await source.sample(sampleRows)).map(({ fields }) => fields),
    source.file,
  );
  return found === undefined ? { columns, notes: [] } : { ...found, notes: [found.note] };
}
