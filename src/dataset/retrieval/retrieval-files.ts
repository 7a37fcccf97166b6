import { UserError } from "../../errors/user-error.js";
import { missingColumn } from "../columns/resolve-columns.js";
import { normalName } from "../columns/role-names.js";
import { openRecords } from "../readers/open-records.js";
import type { ReaderOptions, RecordSource } from "../readers/record-source.js";
import { parseNumber } from "../rows/scores.js";
import { textOfCell } from "../texts/record-texts.js";

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

/** One line of qrels: how relevant a document is to a query. */
export interface Judgment {
  readonly query: string;
  readonly document: string;
  readonly relevance: number;
  readonly line: number;
}

export interface Judgments {
  readonly file: string;
  readonly sha256: string;
  readonly rows: readonly Judgment[];
}

const idNames = ["id", "docid", "queryid", "qid", "pid", "corpusid", "documentid", "passageid"];
const textNames = ["text", "query", "question", "passage", "document", "contents", "content"];
const queryNames = ["queryid", "qid", "query", "topic"];
const documentNames = ["corpusid", "docid", "documentid", "pid", "passageid", "doc", "docno"];
const relevanceNames = ["score", "relevance", "rel", "label", "judgment"];

/**
 * Reads a corpus or queries as BEIR has them ({_id, title, text} JSON Lines, or the same as CSV or TSV). A title goes before the text
 * with a space, as BEIR's own models do. UserError: as openRecords, missing-column, and repeated-id.
 */
export async function readTextsById(file: string, reader?: ReaderOptions): Promise<TextsById> {
  const source = await openRecords(file, reader);
  const id = columnOf(source, idNames, "id");
  const text = columnOf(source, textNames, "text");
  const title = source.columns.findIndex((name) => normalName(name) === "title");
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
  const note = `${file}: ${texts.size} texts in ${names.join(" and ")}, ids in "${source.columns[id]}"`;
  const column = source.columns[text];
  return { file, texts, lines, sha256: source.sha256(), column, note };
}

/**
 * Reads relevance judgments: a file with columns for query id, document id and relevance (BEIR: query-id, corpus-id, score), or TREC's four
 * columns without a header (query, 0, document, relevance). UserError: as openRecords, missing-column, bad-score.
 */
export async function readJudgments(file: string, reader?: ReaderOptions): Promise<Judgments> {
  const source = await openRecords(file, reader);
  const [query, document, relevance] = judgmentColumns(source);
  const rows: Judgment[] = [];
  for await (const { fields, line } of source.records()) {
    const written = relevance === undefined ? "1" : textOfCell(fields[relevance]);
    const value = parseNumber(written);
    if (value === undefined) {
      throw new UserError("bad-score", `relevance must be a number, got "${written}"`, {
        at: { file, line },
        hint: "drop the line",
      });
    }
    rows.push({
      query: textOfCell(fields[query]),
      document: textOfCell(fields[document]),
      relevance: value,
      line,
    });
  }
  return { file, sha256: source.sha256(), rows };
}

function judgmentColumns(source: RecordSource): readonly [number, number, number | undefined] {
  const { columns, dialect } = source;
  if (!dialect.header && dialect.format === "delimited" && columns.length === 4) return [0, 2, 3];
  const relevance = find(source, relevanceNames);
  return [
    columnOf(source, queryNames, "query id"),
    columnOf(source, documentNames, "document id"),
    relevance < 0 ? undefined : relevance,
  ];
}

function find({ columns }: RecordSource, names: readonly string[]): number {
  for (const wanted of names) {
    const found = columns.findIndex((name) => normalName(name) === wanted);
    if (found >= 0) return found;
  }
  return -1;
}

function columnOf(source: RecordSource, names: readonly string[], what: string): number {
  const found = find(source, names);
  if (found >= 0) return found;
  source.close();
  const error = missingColumn("text", source.columns, source.file);
  throw new UserError("missing-column", error.message.replace('"text"', `the ${what}`), {
    at: { file: source.file },
    hint: `rename the column to one of: ${names.join(", ")}`,
  });
}

function repeatedId(id: string, at: { readonly file: string; readonly line: number }): UserError {
  return new UserError("repeated-id", `the id "${id}" stands in an earlier row too`, {
    at,
    hint: "give each text an id of its own",
  });
}
