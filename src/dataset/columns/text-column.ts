import { type RoleColumns, shellName } from "./resolve-columns.js";

/** Where a file holds single texts, or both sides of pairs. */
interface TextColumns {
  /** The column of single texts; undefined where there is none, or two sides of pairs of which one must be named. */
  readonly single: number | undefined;
  /** The side of pairs that holds documents, where there is no column of single texts. */
  readonly documents: number | undefined;
  /** The side of pairs beside that of documents. */
  readonly beside: number | undefined;
}

/** Which of a file's columns can be read as single texts: `text`, else the only side of pairs; of two sides the positives are documents. */
export function findTextColumns({ text, anchor, positive }: RoleColumns): TextColumns {
  if (text === undefined && anchor !== undefined && positive !== undefined)
    return { single: undefined, documents: positive, beside: anchor };
  return { single: text ?? anchor ?? positive, documents: undefined, beside: undefined };
}

/**
 * What is said where the texts of one side of pairs are read and those of the other are not; `choice` is the option that names the column,
 * where a command has one.
 */
export function besideNote(
  columns: readonly string[],
  read: number,
  other: number,
  choice?: string,
) {
  const how = choice === undefined ? "" : ` (${choice}${shellName(columns, other)} reads those)`;
  return `the texts are those of "${columns[read]}", not those of "${columns[other]}"${how}`;
}
