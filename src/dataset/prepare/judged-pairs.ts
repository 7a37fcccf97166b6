import { counted } from "../../errors/counted.js";
import { fittingOptions } from "../fitting-options.js";
import type { ReaderOptions } from "../readers/record-source.js";
import { type Judgment, readJudgments } from "../retrieval/judgments.js";
import { readTextsById } from "../retrieval/retrieval-files.js";
import { cleanNegatives } from "../rows/build-rows.js";
import { openRowReport } from "../rows/row-report.js";
import type { DatasetOf, PairRow } from "../rows/row-types.js";

/** The three files of a retrieval task. */
interface RetrievalFiles {
  readonly queries: string;
  readonly corpus: string;
  readonly qrels: string;
  readonly reader?: ReaderOptions | undefined;
}

/**
 * Pairs (query, document) of the judgments with relevance above 0; documents judged 0 become explicit negatives of their query's pairs.
 * The account is that of the qrels. UserError: as readTextsById and readJudgments.
 */
export async function judgedPairs(files: RetrievalFiles): Promise<DatasetOf<"pair">> {
  const queries = await readTextsById(files.queries, files.reader);
  const corpus = await readTextsById(
    files.corpus,
    (await fittingOptions(files.corpus, { reader: files.reader })).reader,
  );
  const judgments = await readJudgments(files.qrels);
  const book = openRowReport(files.qrels);
  book.note(queries.note);
  book.note(corpus.note);
  for (const note of judgments.notes) book.note(note);
  const known = judgments.rows.filter(({ query, document, line }) => {
    book.readRecord();
    const reason = !queries.texts.get(query)
      ? `names a query without a text in ${files.queries}`
      : !corpus.texts.get(document)
        ? `names a document without a text in ${files.corpus}`
        : undefined;
    if (reason !== undefined) book.drop(reason, line);
    return reason === undefined;
  });
  const positive = new Set(known.filter(isRelevant).map(({ query }) => query));
  const negatives = new Map<string, string[]>();
  for (const judgment of known) {
    if (isRelevant(judgment)) continue;
    const { query, document, line } = judgment;
    if (!positive.has(query))
      book.drop("not relevant, to a query without a relevant document", line);
    else negatives.set(query, [...(negatives.get(query) ?? []), corpus.texts.get(document)!]);
  }
  const rows = known.filter(isRelevant).map(({ query, document, line }): PairRow => {
    const pair = { anchor: queries.texts.get(query)!, positive: corpus.texts.get(document)!, line };
    return { ...pair, negatives: cleanNegatives(pair, negatives.get(query) ?? [], book) };
  });
  const without = [...queries.texts.keys()].filter((id) => !positive.has(id)).length;
  if (without > 0)
    book.note(`${counted(without, "query has", "queries have")} no relevant document`);
  return {
    kind: "pair",
    rows,
    account: book.close(judgments.sha256),
    columns: { anchor: "query", positive: "document" },
    dialect: "queries, corpus and qrels",
  };
}

const isRelevant = ({ relevance }: Judgment): boolean => relevance > 0;
