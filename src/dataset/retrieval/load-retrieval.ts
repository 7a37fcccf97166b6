import { Problems } from "../../errors/problems.js";
import type { ColumnMapping } from "../columns/resolve-columns.js";
import type { ReaderOptions } from "../readers/record-source.js";
import {
  openRowReport,
  type RowReport,
  type RowReportBuilder,
  requireRows,
} from "../rows/row-report.js";
import {
  type Judgment,
  type Judgments,
  readJudgments,
  readTextsById,
  type TextsById,
} from "./retrieval-files.js";

/** A query or a document. */
export interface IdentifiedText {
  readonly id: string;
  readonly text: string;
}

/** A file that is read beside another. */
export interface FileIdentity {
  readonly path: string;
  /** SHA-256 of the file as stored, in hex. */
  readonly sha256: string;
  readonly rows: number;
}

/** Queries with a relevant document, the documents they search, and the judgments (qrels). */
export interface RetrievalDataset {
  readonly kind: "retrieval";
  readonly rows: readonly (IdentifiedText & { readonly line: number })[];
  readonly corpus: readonly IdentifiedText[];
  readonly qrels: readonly Judgment[];
  /** Of the queries. */
  readonly account: RowReport;
  readonly columns: ColumnMapping;
  readonly dialect: string;
  readonly beside: { readonly corpus: FileIdentity; readonly qrels: FileIdentity };
}

/** The files of a retrieval task; `reader` is for queries and corpus. */
export interface RetrievalPaths {
  readonly queries: string;
  readonly corpus: string;
  readonly qrels: string;
  readonly reader?: ReaderOptions | undefined;
}

/**
 * Reads the three files of a retrieval task, by BEIR's column names or those of `readTextsById` and `readJudgments`; a title goes before
 * its document with a space. Queries without a document of relevance above 0 are left out and counted. UserError, each with file and line:
 * repeated-id, empty-id, empty-text, bad-score, unknown-id (a judgment of a query or document that its file does not have); and
 * missing-column, all-rows-dropped, and what openRecords throws.
 */
export async function loadRetrieval(paths: RetrievalPaths): Promise<RetrievalDataset> {
  const queries = await readTextsById(paths.queries, paths.reader);
  const corpus = await readTextsById(paths.corpus, paths.reader);
  const judgments = await readJudgments(paths.qrels);
  requireTexts(queries, "query");
  requireTexts(corpus, "document");
  requireKnown(judgments, queries, corpus);
  const relevant = judgments.rows.filter(({ relevance }) => relevance > 0);
  const book = openRowReport(queries.file);
  const rows = judgedQueries(queries, relevant, book);
  book.note(queries.note);
  book.note(corpus.note);
  const counts = `${judgments.rows.length} judgments, ${relevant.length} of relevance above 0`;
  book.note(`${judgments.file}: ${counts}`);
  const account = book.close(queries.sha256);
  requireRows(rows.length, 1, account);
  return {
    kind: "retrieval",
    rows,
    corpus: Array.from(corpus.texts, ([id, text]) => ({ id, text })),
    qrels: judgments.rows,
    account,
    columns: { anchor: queries.column, positive: corpus.column },
    dialect: "queries, corpus and qrels",
    beside: {
      corpus: { path: corpus.file, sha256: corpus.sha256, rows: corpus.texts.size },
      qrels: { path: judgments.file, sha256: judgments.sha256, rows: judgments.rows.length },
    },
  };
}

/** The queries with a relevant document; the others are dropped in the account. */
function judgedQueries(
  { texts, lines }: TextsById,
  relevant: readonly Judgment[],
  book: RowReportBuilder,
): RetrievalDataset["rows"] {
  const judged = new Set(relevant.map(({ query }) => query));
  const rows = Array.from(texts, ([id, text]) => ({ id, text, line: lines.get(id) ?? 0 }));
  return rows.filter(({ id, line }) => {
    book.readRecord();
    if (!judged.has(id)) book.drop("no relevant document", line);
    return judged.has(id);
  });
}

function requireTexts({ file, texts, lines }: TextsById, what: string): void {
  const missing = new Problems("empty-id");
  const empty = new Problems("empty-text");
  for (const [id, text] of texts) {
    const line = lines.get(id);
    const at = line === undefined ? { file } : { file, line };
    if (id === "") missing.add(`a ${what} has no id`, at);
    if (text === "") empty.add(`the ${what} "${id}" has no text`, at);
  }
  missing.throwIfAny("give each row an id");
  empty.throwIfAny("drop these rows, and their judgments from the qrels");
}

function requireKnown({ file, rows }: Judgments, queries: TextsById, corpus: TextsById): void {
  const unknown = new Problems("unknown-id");
  for (const { query, document, line } of rows) {
    if (!queries.texts.has(query))
      unknown.add(`the query "${query}" is not in ${queries.file}`, { file, line });
    if (!corpus.texts.has(document))
      unknown.add(`the document "${document}" is not in ${corpus.file}`, { file, line });
  }
  unknown.throwIfAny("complete the file that is named, or drop these judgments from the qrels");
}
