import { counted } from "../../errors/counted.js";
import { UserError } from "../../errors/user-error.js";
import { normalName } from "../columns/role-names.js";
import { openRecords } from "../readers/open-records.js";
import type { ReaderOptions, RecordSource } from "../readers/record-source.js";
import { textOfCell } from "../texts/record-texts.js";
import { columnOf, hasNoHeader } from "./id-columns.js";

/** Texts under ids, in file order. */
export interface TextsById {
  readonly file: string;
  readonly texts: ReadonlyMap<string, string>;
  /** Physical line of each id, 1-based. */
  readonly lines: ReadonlyMap<string, number>;
  readonly sha256: string;
  /** The column of the texts, beside the title's. */
  readonly column: string;
  /** How they were found: `texts in "title" and "text", ids in "_id"`. */
  readonly note: string;
}

const idNames = [
  "id",
  "docid",
  "queryid",
  "qid",
  "pid",
  "corpusid",
  "documentid",
  "passageid",
  "docno",
];
const textNames = ["text", "query", "question", "passage", "document", "contents", "content"];

/**
 * Reads a corpus or queries as BEIR has them ({_id, title, text} JSON Lines, or the same as CSV or TSV). A title goes before the text
 * with a space, as BEIR's own models do. Without a header the columns are id and text, or id, title and text (MS MARCO). UserError: as openRecords, missing-column, and repeated-id.
 */
export async function readTextsById(file: string, reader?: ReaderOptions): Promise<TextsById> {
  const source = await openRecords(file, reader);
  const { id, text, title } = textColumns(source);
  const texts = new Map<string, string>();
  const lines = new Map<string, number>();
  for await (const { fields, line } of source.records()) {
    const key = textOfCell(fields[id]);
    if (texts.has(key)) throw repeatedId(key, { file, line });
    const parts = title < 0 ? [text] : [title, text];
    lines.set(key, line);
    texts.set(
      key,
      parts
        .map((i) => textOfCell(fields[i]))
        .filter((part) => part !== "")
        .join(" "),
    );
  }
  const names = (title < 0 ? [text] : [title, text]).map((i) => `"${source.columns[i]}"`);
  const note = `${file}: ${counted(texts.size, "text")} in ${names.join(" and ")}, ids in "${source.columns[id]}"`;
  const column = source.columns[text];
  return { file, texts, lines, sha256: source.sha256(), column, note };
}

/** Columns by name, or by position where there is no header. */
function textColumns(source: RecordSource): {
  readonly id: number;
  readonly text: number;
  readonly title: number;
} {
  const { columns } = source;
  if (hasNoHeader(source) && (columns.length === 2 || columns.length === 3))
    return { id: 0, text: columns.length - 1, title: columns.length === 3 ? 1 : -1 };
  const id = columnOf(source, idNames, "id");
  const text = columnOf(source, textNames, "text");
  return { id, text, title: columns.findIndex((name) => normalName(name) === "title") };
}

function repeatedId(id: string, at: { readonly file: string; readonly line: number }): UserError {
  return new UserError("repeated-id", `the id "${id}" stands in an earlier row too`, {
    at,
    hint: "give each text an id of its own",
  });
}
