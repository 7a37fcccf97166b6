import { counted } from "../../errors/counted.js";
import { Problems } from "../../errors/problems.js";
import type { ColumnMapping } from "../columns/resolve-columns.js";
import { fittingOptions } from "../fitting-options.js";
import type { ReaderOptions } from "../readers/record-source.js";
import {
  openRowReport,
  type RowReport,
  type RowReportBuilder,
  requireRows,
} from "../rows/row-report.js";
import { plainForm } from "../texts/text-hash.js";
import { type Judgment, type Judgments, readJudgments } from "./judgments.js";
import { readTextsById, type TextsById } from "./retrieval-files.js";

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
  /** By query id: ids of documents that are the query itself and are not to be found; only with `excludeSelf`. */
  readonly excluded?: ReadonlyMap<string, ReadonlySet<string>> | undefined;
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
  /** A query does not find the document that is the query itself, by its id or text; other queries in the corpus stay (BEIR's rule of identical ids). */
  readonly excludeSelf?: boolean | undefined;
}

/**
 * Reads the three files of a retrieval task, by BEIR's column names or those of `readTextsById` and `readJudgments`; a title goes before
 * its document with a space. Queries without a document of relevance above 0 are left out and counted. UserError, each with file and line:
 * repeated-id, empty-id, empty-text, bad-score, unknown-id (a judgment of a query or document that its file does not have); and
 * missing-column, all-rows-dropped, and what openRecords throws.
 */
export async function loadRetrieval(paths: RetrievalPaths): Promise<RetrievalDataset> {
  const { reader } = paths;
  return assembleRetrieval(
    {
      queries: await readTextsById(paths.queries, reader),
      corpus: await readTextsById(
        paths.corpus,
        (await fittingOptions(paths.corpus, { reader })).reader,
      ),
      judgments: await readJudgments(paths.qrels),
    },
    paths.excludeSelf,
  );
}

/** The data set of parts that are read. UserError: as loadRetrieval. */
export function assembleRetrieval(
  parts: { readonly queries: TextsById; readonly corpus: TextsById; readonly judgments: Judgments },
  excludeSelf = false,
): RetrievalDataset {
  const { queries, judgments } = parts;
  const judged = new Set(judgments.rows.map(({ document }) => document));
  const { corpus, note } = withoutEmptyDocuments(parts.corpus, judged);
  requireTexts(queries, "query");
  requireTexts(corpus, "document");
  requireKnown(judgments, queries, corpus);
  const relevant = judgments.rows.filter(({ relevance }) => relevance > 0);
  const book = openRowReport(queries.file);
  const rows = judgedQueries(queries, relevant, book);
  const selves = ownDocuments(rows, corpus, relevant);
  const notes = [queries.note, corpus.note, ...note, ...judgments.notes];
  for (const each of notes) book.note(each);
  const counts = `${judgments.rows.length} judgments, ${relevant.length} of relevance above 0`;
  book.note(`${judgments.file}: ${counts}`);
  if (selves.size > 0) book.note(selfNote(selves.size, excludeSelf));
  const account = book.close(queries.sha256);
  requireRows(rows.length, 1, account);
  return {
    kind: "retrieval",
    rows,
    corpus: Array.from(corpus.texts, ([id, text]) => ({ id, text })),
    qrels: judgments.rows,
    excluded: excludeSelf ? selves : undefined,
    account,
    columns: { anchor: queries.column, positive: corpus.column },
    dialect: "queries, corpus and qrels",
    beside: {
      corpus: { path: corpus.file, sha256: corpus.sha256, rows: corpus.texts.size },
      qrels: { path: judgments.file, sha256: judgments.sha256, rows: judgments.rows.length },
    },
  };
}

function selfNote(count: number, excluded: boolean): string {
  const own = [
    "query stands in the corpus itself",
    "queries stand in the corpus themselves",
  ] as const;
  const stand = counted(count, ...own);
  return excluded
    ? `${stand}; with --exclude-self each passes itself over, and the other queries stay documents: take them out of the corpus if they answer nothing`
    : `${stand}, by id or text, and would be found first: with --exclude-self each passes itself over`;
}

/** Documents that are a query itself, by query id: the same text, or the same id and one text within the other; none that is judged relevant. */
function ownDocuments(
  queries: readonly IdentifiedText[],
  { texts }: TextsById,
  relevant: readonly Judgment[],
): Map<string, Set<string>> {
  const wanted = new Set(relevant.map(({ query, document }) => `${query}\u0000${document}`));
  const byText = new Map<string, string[]>();
  for (const [id, text] of texts) {
    const form = plainForm(text);
    byText.set(form, [...(byText.get(form) ?? []), id]);
  }
  const found = new Map<string, Set<string>>();
  for (const { id, text } of queries) {
    const form = plainForm(text);
    const own = new Set(byText.get(form) ?? []);
    const same = texts.get(id);
    if (same !== undefined && overlap(form, plainForm(same))) own.add(id);
    for (const document of own) if (wanted.has(`${id}\u0000${document}`)) own.delete(document);
    if (own.size > 0) found.set(id, own);
  }
  return found;
}

function overlap(a: string, b: string): boolean {
  return a.includes(b) || b.includes(a);
}

/** Empty documents that no judgment names are no documents; how many is told. */
function withoutEmptyDocuments(
  corpus: TextsById,
  judged: ReadonlySet<string>,
): { readonly corpus: TextsById; readonly note: readonly string[] } {
  const empty = [...corpus.texts].filter(
    ([id, text]) => text === "" && id !== "" && !judged.has(id),
  );
  if (empty.length === 0) return { corpus, note: [] };
  const texts = new Map(corpus.texts);
  for (const [id] of empty) texts.delete(id);
  const line = corpus.lines.get(empty[0][0]);
  return {
    corpus: { ...corpus, texts },
    note: [
      `${corpus.file}: ${counted(empty.length, "document")} without a text left out (first on line ${line})`,
    ],
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
