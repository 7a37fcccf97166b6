import { UserError } from "../../errors/user-error.js";
import { listNames } from "../readers/limits.js";
import { openRecords } from "../readers/open-records.js";
import type { DataRecord, ReaderOptions, RecordSource } from "../readers/record-source.js";
import { parseNumber } from "../rows/scores.js";
import { textOfCell } from "../texts/record-texts.js";
import { columnOf, findColumn, hasNoHeader } from "./id-columns.js";

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
  /** How they were read, one sentence each. */
  readonly notes: readonly string[];
}

const queryNames = ["queryid", "qid", "query", "topic", "topicid"];
const documentNames = ["corpusid", "docid", "documentid", "pid", "passageid", "doc", "docno"];
const relevanceNames = [
  "score",
  "relevance",
  "rel",
  "label",
  "judgment",
  "judgement",
  "grade",
  "gain",
];
/** TREC's second column, which says nothing. */
const unusedNames = ["iteration", "iter", "0", "q0"];

/** Where query, document and relevance stand; without a relevance every judgment counts as 1. */
interface JudgmentColumns {
  readonly query: number;
  readonly document: number;
  readonly relevance: number | undefined;
  readonly notes: readonly string[];
}

/**
 * Reads relevance judgments: a file with columns for query id, document id and relevance (BEIR: query-id, corpus-id, score), the same
 * without a header, TREC's four columns (query, 0, document, relevance) separated by tabs or blanks, or JSON by query. A lone column of
 * numbers under another name is the relevance, and said to be. UserError: as openRecords, missing-column, ambiguous-columns, bad-score,
 * ragged-rows.
 */
export async function readJudgments(file: string, reader?: ReaderOptions): Promise<Judgments> {
  const opened = await openRecords(file, reader);
  const source = opened.dialect.format === "text" ? splitAtBlanks(opened) : opened;
  const columns = await judgmentColumns(source);
  const rows: Judgment[] = [];
  for await (const { fields, line } of source.records()) {
    const written = columns.relevance === undefined ? "1" : textOfCell(fields[columns.relevance]);
    const relevance = parseNumber(written);
    if (relevance === undefined) {
      throw new UserError("bad-score", `relevance must be a number, got "${written}"`, {
        at: { file, line },
        hint: "drop the line",
      });
    }
    const [query, document] = [fields[columns.query], fields[columns.document]].map(textOfCell);
    rows.push({ query, document, relevance, line });
  }
  const { notes } = columns;
  return { file, sha256: source.sha256(), rows, notes: notes.map((note) => `${file}: ${note}`) };
}

/** Lines of fields between blanks, as TREC writes them. */
function splitAtBlanks(source: RecordSource): RecordSource {
  const split = ({ fields, line }: DataRecord): DataRecord => {
    const parts = textOfCell(fields[0]).split(/\s+/);
    if (parts.length === 4) return { fields: parts, line };
    throw new UserError(
      "ragged-rows",
      `got ${parts.length} fields between blanks, expected TREC's four: query, 0, document, relevance`,
      {
        at: { file: source.file, line },
        hint: "or give columns query-id, corpus-id, score in CSV",
      },
    );
  };
  return {
    ...source,
    columns: ["1", "2", "3", "4"],
    dialect: { ...source.dialect, format: "delimited", header: false },
    sample: async (count) => (await source.sample(count)).map(split),
    records: async function* () {
      for await (const record of source.records()) {
        if (textOfCell(record.fields[0]) !== "") yield split(record);
      }
    },
  };
}

async function judgmentColumns(source: RecordSource): Promise<JudgmentColumns> {
  const { columns } = source;
  if (hasNoHeader(source)) {
    if (columns.length === 4) return { query: 0, document: 2, relevance: 3, notes: [] };
    if (columns.length === 3 || columns.length === 2) {
      const relevance = columns.length === 3 ? 2 : undefined;
      const notes = relevance === undefined ? [everyRow] : [];
      return { query: 0, document: 1, relevance, notes };
    }
  }
  const query = columnOf(source, queryNames, "query id");
  const document = columnOf(source, documentNames, "document id");
  const named = findColumn(source, relevanceNames);
  if (named >= 0) return { query, document, relevance: named, notes: [] };
  const rest = columns.flatMap((_, i) => (i === query || i === document ? [] : [i]));
  const numbers = await numberColumns(source, rest);
  if (numbers.length > 1) throw severalRelevances(source, numbers);
  const [relevance] = numbers;
  const unused = rest.filter((i) => i !== relevance).map((i) => columns[i]);
  const notes = [
    relevance === undefined ? everyRow : `the numbers of "${columns[relevance]}" are the relevance`,
  ];
  if (unused.length > 0) notes.push(`columns not used: ${listNames(unused)}`);
  return { query, document, relevance, notes };
}

const everyRow = "no column of relevance: every row counts as 1";

/** Columns that hold numbers and do not count the rows. */
async function numberColumns(source: RecordSource, among: readonly number[]): Promise<number[]> {
  const sample = await source.sample(500);
  return among.filter((i) => {
    if (unusedNames.includes(source.columns[i].toLowerCase())) return false;
    const numbers = sample.map(({ fields }) => parseNumber(textOfCell(fields[i])));
    const rising =
      numbers.length > 2 && numbers.every((x, k) => k === 0 || x === (numbers[k - 1] ?? 0) + 1);
    return !rising && numbers.every((x) => x !== undefined);
  });
}

function severalRelevances(source: RecordSource, found: readonly number[]): UserError {
  source.close();
  const names = found.map((i) => source.columns[i]);
  return new UserError(
    "ambiguous-columns",
    `the columns ${listNames(names)} could each be the relevance`,
    {
      at: { file: source.file },
      hint: 'rename the one that is meant to "score"',
    },
  );
}
