import type { RoleColumns } from "../columns/resolve-columns.js";
import type { DataRecord, RecordSource } from "../readers/record-source.js";
import { hasDecimalCommas, parseNumber, parsePercent, withDecimalPoint } from "../rows/scores.js";
import { countWords, type Defect, defectsOf } from "../texts/defects.js";
import { createFloatList, createIntegerList, type NumberList } from "../texts/number-list.js";
import { isPlaceholder } from "../texts/placeholders.js";
import { type TextColumn, textColumnsOf, textOfCell, textsOfCell } from "../texts/record-texts.js";
import { hashPlainForm, hashText } from "../texts/text-hash.js";
import { createTextTable, type TextTable } from "../texts/text-table.js";
import { type BesideColumn, besideColumns, countBeside } from "./beside-count.js";
import { createLengthCount, type LengthCount } from "./length-count.js";
import { createReservoir, type Reservoir } from "./reservoir.js";
import {
  addCase,
  type Cases,
  createRepeatCount,
  noCases,
  type RepeatCount,
  type RowRepeats,
} from "./row-repeats.js";
import { createValueCount, type ValueCount } from "./value-count.js";

/** A text of a sampled row. */
interface SampledText {
  readonly role: string;
  readonly text: string;
  readonly line: number;
}

/** Everything counted of a file while it is read once; memory does not depend on the lengths of its texts. */
export interface FileCount {
  rows: number;
  texts: number;
  /** Empty cells by column. */
  readonly empty: Float64Array;
  readonly words: ReadonlyMap<string, LengthCount>;
  readonly defects: Map<Defect, Cases>;
  /** Cells that hold an object or a nested list. */
  readonly notTexts: Cases;
  readonly emptyTexts: Cases;
  /** Texts such as NaN, None, N/A. */
  readonly placeholders: Cases;
  readonly badScores: Cases;
  /** Cells of the label column that hold a list of several. */
  readonly severalLabels: Cases;
  /** Columns without a role beside single texts. */
  readonly beside: readonly BesideColumn[];
  readonly repeats: RowRepeats;
  readonly labels: ValueCount;
  readonly scores: NumberList<Float64Array>;
  /** The texts of a random sample of the rows. */
  readonly sample: readonly SampledText[];
  /** Distinct texts. */
  readonly distinct: number;
  /** All texts of the file, exactly and but for case and punctuation; only where files are compared. */
  readonly tables: { readonly exact: TextTable; readonly plain: TextTable } | undefined;
  readonly groups: TextTable;
  readonly links: RowLinks;
}

/** By row: the numbers of its first and second text, group and label, −1 where it has none; no list where the file has no such column. */
interface RowLinks {
  readonly first: NumberList<Int32Array> | undefined;
  readonly second: NumberList<Int32Array> | undefined;
  readonly group: NumberList<Int32Array> | undefined;
  readonly label: NumberList<Int32Array> | undefined;
}

interface CountOptions {
  readonly seed: number;
  /** Rows whose texts are kept for counting tokens. */
  readonly sample: number;
  /** Whether texts are to be found again but for case and punctuation. */
  readonly plain: boolean;
  /** Told of each text that was not in the file before. */
  readonly onNewText?: (text: string) => void;
  /** Told of the texts of each row. */
  readonly onRow?: (texts: readonly string[], line: number) => void;
}

/** Reads the whole source and counts. */
export async function countFile(
  source: RecordSource,
  columns: RoleColumns,
  options: CountOptions,
): Promise<FileCount> {
  const textColumns = textColumnsOf(columns);
  // What is only needed while reading stays out of the result, so that its memory is free afterwards.
  const repeats = createRepeatCount();
  const sample = createReservoir<readonly SampledText[]>(options.sample, options.seed);
  const count: Mutable<FileCount> = {
    ...emptyCount(source.columns.length, columns),
    repeats: repeats.repeats,
  };
  const exact = createTextTable(hashText);
  const plain = options.plain ? createTextTable(hashPlainForm) : undefined;
  const commas = hasDecimalCommas(source.dialect);
  const context = {
    count,
    repeats,
    sample,
    exact,
    plain,
    columns,
    textColumns,
    options,
    commas,
    scores: {},
  };
  for await (const record of source.records()) countRecord(context, record);
  count.sample = sample.items().flat();
  count.distinct = exact.size();
  count.tables = plain === undefined ? undefined : { exact, plain };
  return count;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function emptyCount(width: number, columns: RoleColumns): Omit<FileCount, "repeats"> {
  const list = (index: number | undefined) =>
    index === undefined ? undefined : createIntegerList();
  return {
    rows: 0,
    texts: 0,
    empty: new Float64Array(width),
    words: new Map(textColumnsOf(columns).map(({ role }) => [role, createLengthCount()])),
    defects: new Map(),
    notTexts: noCases(),
    emptyTexts: noCases(),
    placeholders: noCases(),
    badScores: noCases(),
    severalLabels: noCases(),
    beside: besideColumns(width, columns),
    labels: createValueCount(),
    scores: createFloatList(),
    sample: [],
    distinct: 0,
    tables: undefined,
    groups: createTextTable(hashText),
    links: {
      first: list(columns.anchor ?? columns.text),
      second: list(columns.positive),
      group: list(columns.group),
      label: list(columns.label),
    },
  };
}

interface Context {
  readonly count: FileCount;
  readonly repeats: RepeatCount;
  readonly sample: Reservoir<readonly SampledText[]>;
  readonly exact: TextTable;
  readonly plain: TextTable | undefined;
  readonly columns: RoleColumns;
  readonly textColumns: readonly TextColumn[];
  readonly options: CountOptions;
  /** Whether numbers may have decimal commas. */
  readonly commas: boolean;
  /** Whether the first score is a percentage; those that are not alike are bad. */
  readonly scores: { percent?: boolean };
}

function countRecord(context: Context, { fields, line }: DataRecord): void {
  const { count, textColumns, options } = context;
  count.rows += 1;
  for (let i = 0; i < count.empty.length; i++) {
    if (textsOfCell(fields[i]).length === 0 && fields[i] !== null)
      count.empty[i] = count.empty[i] + 1;
  }
  const texts: string[] = [];
  const sampled: SampledText[] = [];
  let complete = true;
  for (const { role, index } of textColumns) {
    if (fields[index] === null) addCase(count.notTexts, line);
    const found = textsOfCell(fields[index]);
    if (found.length === 0 && role !== "negative") complete = false;
    for (const text of found) {
      countText(context, { role, text, line });
      texts.push(text);
      sampled.push({ role, text, line });
    }
  }
  if (!complete) addCase(count.emptyTexts, line);
  countBeside(count.beside, fields);
  context.sample.offer(() => sampled);
  options.onRow?.(texts, line);
  countValues(context, { fields, line }, texts);
  linkRow(context, fields);
}

function countText(
  { count, exact, plain, options }: Context,
  { role, text, line }: SampledText,
): void {
  count.texts += 1;
  if (isPlaceholder(text)) addCase(count.placeholders, line);
  const known = exact.size();
  if (exact.add(text) === known) options.onNewText?.(text);
  plain?.add(text);
  count.words.get(role)?.add(countWords(text), line);
  for (const defect of defectsOf(text)) {
    const cases = count.defects.get(defect) ?? noCases();
    count.defects.set(defect, cases);
    addCase(cases, line);
  }
}

/** Labels and scores, and what repeats with or without them. */
function countValues(
  { count, columns, repeats, commas, scores }: Context,
  { fields, line }: DataRecord,
  texts: readonly string[],
): void {
  let value = -1;
  if (columns.label !== undefined) {
    value = count.labels.add(textOfCell(fields[columns.label]), line);
    if (textsOfCell(fields[columns.label]).length > 1) addCase(count.severalLabels, line);
    count.links.label?.push(value);
  }
  if (columns.score !== undefined) {
    const cell = textOfCell(fields[columns.score]);
    const written = commas ? withDecimalPoint(cell) : cell;
    const percent = parsePercent(written);
    const score = percent === undefined ? parseNumber(written) : percent / 100;
    if (score !== undefined) count.scores.push(score);
    if (score !== undefined) scores.percent ??= percent !== undefined;
    const alike = scores.percent === (percent !== undefined);
    if (written !== "" && (score === undefined || !alike)) addCase(count.badScores, line);
    if (columns.label === undefined) value = Math.round(1e4 * (score ?? -1));
  }
  if (texts.length > 0) repeats.add(texts, value, line);
}

function linkRow({ count, columns, exact }: Context, fields: DataRecord["fields"]): void {
  const number = (index: number | undefined): number => {
    const text = index === undefined ? "" : textOfCell(fields[index]);
    return text === "" ? -1 : exact.find(text);
  };
  const { first, second, group } = count.links;
  first?.push(number(columns.anchor ?? columns.text));
  second?.push(number(columns.positive));
  if (columns.group === undefined) return;
  const name = textOfCell(fields[columns.group]);
  group?.push(name === "" ? -1 : count.groups.add(name));
}
