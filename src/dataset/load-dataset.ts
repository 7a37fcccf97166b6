import { invariant } from "../errors/internal.js";
import {
  type ColumnMapping,
  columnMapping,
  type GivenColumns,
  missingColumn,
  namesTexts,
  type RoleColumns,
  shellName,
} from "./columns/resolve-columns.js";
import { roleNamed } from "./columns/role-names.js";
import { findTextColumns } from "./columns/text-column.js";
import { openWithColumns } from "./open-with-columns.js";
import { listNames } from "./readers/limits.js";
import type { ReaderOptions, RecordSource } from "./readers/record-source.js";
import * as build from "./rows/build-rows.js";
import { convertRows, type KindRows, withNegatives } from "./rows/convert.js";
import { detectKinds, type Plan, planRows } from "./rows/detect-kind.js";
import { type LabelColumn, type LabelMap, readLabelColumn } from "./rows/labels.js";
import { type RawRow, readRawRows } from "./rows/raw-rows.js";
import type { RowKind } from "./rows/row-kinds.js";
import {
  continueRowReport,
  openRowReport,
  type RowReportBuilder,
  requireRows,
} from "./rows/row-report.js";
import type { Dataset, TextRow } from "./rows/row-types.js";
import type { ScoreRange } from "./rows/scores.js";

export interface LoadOptions {
  /** Role → column, as `--columns` gives it; other roles are found by header names. */
  readonly columns?: GivenColumns | undefined;
  /** The kinds an objective or evaluator takes, the best first; without it the file's likeliest kind. */
  readonly as?: readonly RowKind[] | undefined;
  readonly labelMap?: LabelMap | undefined;
  readonly scoreRange?: ScoreRange | undefined;
  /** Drop pair rows without explicit negatives. */
  readonly requireNegatives?: boolean | undefined;
  /** Of classes to pairs: at most so many pairs of a class. */
  readonly perClass?: number | undefined;
  /** For what is drawn (classes to pairs). Default 42. */
  readonly seed?: number | undefined;
  /** Fewer usable rows are an error. Default 2. */
  readonly leastRows?: number | undefined;
  readonly reader?: ReaderOptions | undefined;
  /** Names of objectives for rows of a kind, for the hint of the error about a wrong kind. */
  readonly objectivesFor?: ((kind: RowKind) => readonly string[]) | undefined;
}

/** A file's rows as its columns give them, and the kind that was asked for. */
export interface SourceRows {
  readonly dataset: Dataset;
  /** What `convertDataset` is to make of them. */
  readonly to: RowKind;
  /** The conversion in words, when there is one. */
  readonly how?: string | undefined;
}

/**
 * Reads a whole file as rows of one kind. The account says what became of every row. UserError (exit code 1, with file and line;
 * exit code 2 for unknown roles and columns): what openRecords, resolveColumns, readLabelColumn and scaleScores throw, and
 * missing-column, wrong-row-kind, wrong-type, all-rows-dropped, too-few-rows.
 */
export async function loadDataset(file: string, options: LoadOptions = {}): Promise<Dataset> {
  return convertDataset(await readRows(file, options), options);
}

/** Reads a whole file without converting its rows. UserError: as loadDataset. */
export async function readRows(file: string, options: LoadOptions = {}): Promise<SourceRows> {
  const { source, columns, notes } = await openWithColumns(file, options);
  const book = openRowReport(file);
  for (const note of notes) book.note(note);
  // Find out before reading a large file that its columns will not do; labels can only be judged afterwards.
  if (columns.label === undefined) plan(source, columns, undefined, options);
  const raw = await readRawRows(source, columns, book);
  const labels = labelColumn(raw, source, columns, options);
  const chosen = plan(source, columns, labels, options);
  const rows = buildRows({ raw, chosen, labels, source, columns, book, options });
  noteUnused({ chosen, labels, source, columns, book, options });
  for (const warning of source.warnings()) book.note(warning);
  const account = book.close(source.sha256());
  requireRows(rows.rows.length, 1, account);
  const mapping = columnMapping(source.columns, columns);
  const dialect = source.description;
  const { to, how } = chosen;
  return {
    dataset: { ...rows, account, columns: mapping, dialect },
    to,
    how,
  };
}

/** Makes the rows that were asked for, all or a part of the natural ones. UserError: all-rows-dropped, too-few-rows. */
export function convertDataset(
  { dataset, to, how }: SourceRows,
  options: Pick<LoadOptions, "requireNegatives" | "perClass" | "seed" | "leastRows"> = {},
): Dataset {
  const { account, columns, dialect } = dataset;
  const book = continueRowReport(account);
  const requireNegatives = options.requireNegatives ?? false;
  const made = convertRows(dataset, to, book, {
    seed: options.seed ?? 42,
    requireNegatives,
    perClass: options.perClass,
  });
  if (how !== undefined) book.note(`converted: ${how}`);
  const rows: KindRows =
    made.kind === "pair" && requireNegatives
      ? { kind: "pair", rows: withNegatives(made.rows, book) }
      : made;
  const closed = book.close(account.sha256);
  requireRows(rows.rows.length, options.leastRows ?? 2, closed);
  return { ...rows, account: closed, columns, dialect };
}

/** Single texts of a file, streamed: memory does not grow with the rows. */
interface TextStream {
  readonly columns: ColumnMapping;
  readonly dialect: string;
  /** Every record in order, also empty texts (their vectors keep the place). Can be walked once. */
  rows(): AsyncGenerator<TextRow>;
  /** SHA-256 of the file; known after the walk. */
  sha256(): string;
  close(): void;
}

/** Opens the text column of a file, or all lines of a plain text file. UserError: as loadDataset. */
export async function openTexts(
  file: string,
  options: Pick<LoadOptions, "columns" | "reader"> = {},
): Promise<TextStream> {
  const { source, columns } = await openWithColumns(file, { ...options, textsOnly: true });
  const index = findTextColumns(columns).single;
  if (index === undefined) {
    source.close();
    throw missingColumn("text", source.columns, file);
  }
  return {
    columns: { text: source.columns[index] },
    dialect: source.description,
    rows: () => textRows(source, index),
    sha256: source.sha256,
    close: source.close,
  };
}

async function* textRows(source: RecordSource, index: number): AsyncGenerator<TextRow> {
  for await (const { fields, line } of source.records()) {
    const cell = fields[index];
    yield { text: typeof cell === "string" ? cell.trim() : (cell ?? []).join(" ").trim(), line };
  }
}

function plan(
  source: RecordSource,
  columns: RoleColumns,
  labels: LabelColumn | undefined,
  options: LoadOptions,
): Plan {
  const { objectivesFor } = options;
  try {
    return planRows(detectKinds(columns, labels), options.as, {
      file: source.file,
      columnNames: source.columns,
      columns,
      objectivesFor,
    });
  } catch (error) {
    source.close();
    throw error;
  }
}

/** Kinds that labels of sentence pairs can give. */
const byLabel: readonly RowKind[] = ["nli", "labelled-pair", "scored-pair"];

/** The labels of sentence pairs. Not asked for when the scores or negatives beside them are all that is wanted. */
function labelColumn(
  raw: readonly RawRow[],
  source: RecordSource,
  columns: RoleColumns,
  options: LoadOptions,
): LabelColumn | undefined {
  const { anchor, positive, label } = columns;
  if (anchor === undefined || positive === undefined || label === undefined) return undefined;
  const others = detectKinds(columns, undefined);
  const more = columns.score !== undefined || columns.negatives.length > 0;
  // The first wanted kind that the columns could give decides whether the labels are asked for.
  const first = options.as?.find((kind) => others.includes(kind) || byLabel.includes(kind));
  const wanted = options.as === undefined ? others[0] : first;
  if (more && wanted !== undefined && others.includes(wanted)) return undefined;
  return readLabelColumn(raw, {
    file: source.file,
    column: source.columns[label],
    anchorColumn: source.columns[anchor],
    labelMap: options.labelMap,
    given: options.columns?.label !== undefined,
  });
}

interface Building {
  readonly raw: readonly RawRow[];
  readonly chosen: Plan;
  readonly labels: LabelColumn | undefined;
  readonly source: RecordSource;
  readonly columns: RoleColumns;
  readonly book: RowReportBuilder;
  readonly options: LoadOptions;
}

function buildRows({ raw, chosen, labels, source, columns, book, options }: Building): KindRows {
  switch (chosen.from) {
    case "pair":
    case "triplet":
      return { kind: "pair", rows: build.buildPairs(raw, book) };
    case "scored-pair": {
      const of = columns.score === undefined ? "label" : "score";
      const name = source.columns[columns[of] as number];
      const range = options.scoreRange;
      return {
        kind: "scored-pair",
        rows: build.buildScoredPairs(raw, { of, name, ...(range && { range }) }, book),
      };
    }
    case "labelled-pair":
      invariant(labels, "labelled pairs without a label column");
      return { kind: "labelled-pair", rows: build.buildLabelledPairs(raw, labels, book) };
    case "nli":
      invariant(labels, "NLI rows without a label column");
      return { kind: "nli", rows: build.buildNli(raw, labels, book) };
    case "classed":
      return { kind: "classed", rows: build.buildClassed(raw, book) };
    case "text":
      return { kind: "text", rows: build.buildTexts(raw, book) };
  }
}

const used: Readonly<Record<RowKind, readonly (keyof RoleColumns)[]>> = {
  pair: ["anchor", "positive", "negatives", "group", "margin"],
  triplet: ["anchor", "positive", "negatives", "group", "margin"],
  "scored-pair": ["anchor", "positive", "score", "subset"],
  "labelled-pair": ["anchor", "positive", "label"],
  nli: ["anchor", "positive", "label"],
  classed: ["text", "label"],
  text: ["text", "anchor"],
};

/** One line that names every column that is not used, and one about classes beside two texts. */
function noteUnused({
  chosen,
  labels,
  source,
  columns,
  book,
  options,
}: Omit<Building, "raw">): void {
  const isUsed = (role: keyof RoleColumns): boolean =>
    used[chosen.from].includes(role) ||
    (role === "label" && chosen.from === "scored-pair" && columns.score === undefined);
  const roles = (Object.keys(columns) as (keyof RoleColumns)[]).filter(isUsed);
  const read = new Set(roles.flatMap((role) => columns[role] ?? []));
  const unused = source.columns.filter((_, i) => !read.has(i));
  const telling = unused.find((name) => roleNamed(name) !== undefined);
  const why =
    telling === undefined || !namesTexts(options.columns ?? {})
      ? ""
      : `; --columns names the texts, and only what it names is used (add ${roleNamed(telling)}=${shellName(source.columns, source.columns.indexOf(telling))} if it is meant)`;
  if (unused.length > 0) book.note(`columns not used: ${listNames(unused)}${why}`);
  if (labels?.type !== "classes" || columns.label === undefined) return;
  const name = shellName(source.columns, columns.label);
  book.note(
    `the classes of "${source.columns[columns.label]}" do not say whether two texts belong together; --columns group=${name} keeps texts of a class from being each other's negatives`,
  );
}
