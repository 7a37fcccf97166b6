import { usageError } from "../../../errors/user-error.js";
import { isRoleName } from "../../columns/role-names.js";
import type { Sample, TextFormat } from "../format.js";
import { isWide, requireFewColumns } from "../limits.js";
import { newlineOf } from "../newline.js";
import type { Dialect, ReaderOptions } from "../record-source.js";
import { decideHeader, headerRoles } from "./header.js";
import { openDelimited } from "./open.js";
import { commonWidth, type Survey, survey } from "./survey.js";

/** CSV, TSV and other text separated by one character: what looks like a table. */
export const delimitedFormat: TextFormat = {
  kind: "text",
  name: "delimited",
  asked: ["csv", "tsv"],
  recognise: detectDialect,
  open: openDelimited,
  describe,
};

const delimiters = [",", "\t", ";", "|"];
const delimiterNames: Record<string, string> = {
  ",": "comma",
  "\t": "tab",
  ";": "semicolon",
  "|": "bar",
};

function describe({ delimiter, quotes, header, encoding, ...dialect }: Dialect): string {
  const name = delimiterNames[delimiter] ?? JSON.stringify(delimiter);
  const escaped = dialect.escape === "\\" ? 'quotes " escaped by \\' : 'quotes "';
  return `${name}-separated, ${quotes ? escaped : "no quotes"}, ${header ? "header" : "no header"}, ${encoding}`;
}

/** The dialect by the evidence of the sample (not by the extension, which only decides ties), except for what is given. */
function detectDialect(sample: Sample, options: ReaderOptions): Dialect | undefined {
  const newline = newlineOf(sample.text);
  const whole = newline === "\r" ? sample.text.replaceAll("\r", "\n") : sample.text;
  const { delimiter, start, skip, note: passed } = linesBefore(whole, sample);
  const tab = options.inputFormat === "tsv" ? "\t" : undefined;
  const given = { ...options, delimiter: options.delimiter ?? tab ?? delimiter };
  const text = wholeLines(whole.slice(start), sample.complete);
  const best = chooseReading({ ...sample, text }, given);
  if (best === undefined) return undefined;
  requireFewColumns(best.found.first.length, sample.file);
  const { header, note } =
    given.header === undefined
      ? decideHeader(best.found, given.columnNames)
      : { header: given.header };
  return {
    format: "delimited",
    encoding: sample.encoding,
    newline,
    delimiter: best.delimiter,
    quotes: best.quotes,
    escape: best.escape,
    blanks: best.blanks,
    header,
    skip,
    widths: header ? undefined : widthRange(best.found, best.delimiter),
    notes: [passed, note].filter((one) => one !== undefined),
  };
}

/** What stands before the first record. */
interface LinesBefore {
  readonly delimiter?: string;
  /** Where the first record begins. */
  readonly start: number;
  readonly skip: number;
  readonly note?: string;
}

/** Excel's first line `sep=;`, which names the delimiter and is no row, or comments. */
function linesBefore(text: string, sample: Sample): LinesBefore {
  const line = /^"?sep=(.)"?[ \t]*\r?\n/i.exec(text);
  if (line !== null) return { delimiter: line[1], start: line[0].length, skip: 1 };
  return comments(text, sample) ?? { start: 0, skip: 0 };
}

/** Lines that begin with `#` before a table none of whose delimiters they have. */
function comments(text: string, sample: Sample): LinesBefore | undefined {
  const [found] = /^(?:#.*\r?\n)+/.exec(text) ?? [];
  if (found === undefined) return undefined;
  const rest = wholeLines(text.slice(found.length), sample.complete);
  const table = delimiters.find((delimiter) => {
    const { width, share } = commonWidth(survey(rest, { ...sample, delimiter, quotes: true }));
    return width > 1 && share > 0.9 && !found.includes(delimiter);
  });
  if (table === undefined) return undefined;
  const skip = found.trimEnd().split("\n").length;
  const lines = skip === 1 ? "the first line begins" : `the first ${skip} lines begin`;
  return {
    start: found.length,
    skip,
    note: `${lines} with # and ${skip === 1 ? "is" : "are"} passed over as comments`,
  };
}

interface Reading {
  readonly delimiter: string;
  readonly quotes: boolean;
  readonly escape?: "\\" | undefined;
  readonly blanks?: boolean | undefined;
  readonly found: Survey;
}

function chooseReading(sample: Sample, given: ReaderOptions): Reading | undefined {
  if (given.delimiter !== undefined)
    return reading(sample, checkedDelimiter(given.delimiter), given);
  const readings = delimiters.map((delimiter) => reading(sample, delimiter, given));
  // So many columns are refused in any case; looking at all their names would take longest.
  const roles = ({ found }: Reading) => (isWide(found.first.length) ? 0 : headerRoles(found));
  const named = readings.filter((r) => r.found.first.length > 1 && roles(r) > 0);
  if (named.length > 0) return best(named, roles);
  const regular = readings.filter((r) => regularity(r) > 0);
  if (regular.length > 0) return best(regular, regularity);
  return fallback(sample, readings, given);
}

/** Nothing is regular: a file that calls itself a table is read as one (its rows are then reported), any other as plain text. */
function fallback(
  sample: Sample,
  readings: readonly Reading[],
  given: ReaderOptions,
): Reading | undefined {
  const [comma, tab] = readings as [Reading, Reading];
  const name = sample.file.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".tsv")) return tab;
  const single = comma.found.first.length === 1 && isRoleName(comma.found.first[0]);
  const asked =
    given.quotes !== undefined || given.header !== undefined || given.inputFormat !== undefined;
  return name.endsWith(".csv") || single || asked ? comma : undefined;
}

function best(readings: readonly Reading[], score: (reading: Reading) => number): Reading {
  return readings.reduce((a, b) => (score(b) > score(a) ? b : a));
}

/** Share of the records with the commonest number of fields, when that is more than one and common enough; else 0. */
function regularity({ found, delimiter }: Reading): number {
  const { width, share } = commonWidth(found);
  // Commas, semicolons and bars are also punctuation: two sentences with one comma each are not a table.
  const enough = delimiter === "\t" ? 0.6 : found.records < 5 ? 1 : 0.9;
  if (width < 2 || share < enough) return 0;
  return share + (delimiter === "\t" ? 0.3 : 0);
}

function reading(sample: Sample, delimiter: string, given: ReaderOptions): Reading {
  const { text, complete } = sample;
  const on = survey(text, { delimiter, quotes: true, complete });
  const silent = on.quoted + on.broken + on.literal === 0;
  // A quote may still come after the sample. In a tab-separated file it is taken for a character, which cannot merge rows.
  const quotes = given.quotes ?? (silent ? delimiter !== "\t" || complete : undefined);
  const mended =
    quotes === false
      ? undefined
      : (escapedReading(sample, delimiter, on) ?? spacedReading(sample, delimiter, on));
  if (mended !== undefined) return mended;
  if (quotes === true) return { delimiter, quotes, found: on };
  const off = survey(text, { delimiter, quotes: false, complete });
  const decided = quotes ?? usesQuotes(on, off, delimiter);
  return { delimiter, quotes: decided, found: decided ? on : off };
}

/** A backslash stands before quotes inside quotes where that mends every quote that is broken by RFC 4180. */
function escapedReading(sample: Sample, delimiter: string, on: Survey): Reading | undefined {
  const { text, complete } = sample;
  if (on.broken === 0 || !text.includes('\\"')) return undefined;
  const found = survey(text, { delimiter, quotes: true, complete, escape: "\\" });
  if (found.broken > 0 || commonWidth(found).share < commonWidth(on).share) return undefined;
  return { delimiter, quotes: true, escape: "\\", found };
}

/** Blanks stand before opening quotes where taking them away mends every quote that is out of place. */
function spacedReading(sample: Sample, delimiter: string, on: Survey): Reading | undefined {
  if (on.literal === 0 || delimiter === "\t") return undefined;
  const text = sample.text.replaceAll(new RegExp(`\\${delimiter} +(?=")`, "g"), delimiter);
  if (text.length === sample.text.length) return undefined;
  const found = survey(text, { delimiter, quotes: true, complete: sample.complete });
  if (found.broken + found.literal > 0 || commonWidth(found).share < commonWidth(on).share)
    return undefined;
  return { delimiter, quotes: true, blanks: true, found };
}

/**
 * Quotes are ordinary characters when reading them as quotes breaks fields and reading them as characters does not break
 * records. In a comma-separated file one broken quote is rather a mistake to report, so three and no sound one are asked for;
 * tab-separated files are usually written without quoting.
 */
function usesQuotes(on: Survey, off: Survey, delimiter: string): boolean {
  const withQuotes = commonWidth(on).share;
  const without = commonWidth(off).share;
  if (on.quoted + on.broken === 0) return without < 1 && without < withQuotes;
  if (delimiter === "\t") {
    if (namesAreQuoted(on, off)) return true;
    if (on.broken > 0) return without + 0.05 < withQuotes;
    return !(on.spanning > 0 && without === 1);
  }
  return !(on.broken >= 3 && on.quoted === 0 && without === 1);
}

/** A header in quotes, as writers that quote by the rules of RFC 4180 leave it. */
function namesAreQuoted(on: Survey, off: Survey): boolean {
  return on.first.some(isRoleName) && off.first.every((cell) => /^".+"$/.test(cell));
}

/** Optional trailing fields are believed only in tab-separated files, where a stray delimiter is unlikely. */
function widthRange(found: Survey, delimiter: string): readonly [number, number] {
  const { width } = commonWidth(found);
  if (delimiter !== "\t") return [width, width];
  const common = [...found.widths]
    .filter(([, times]) => times >= 0.01 * found.records)
    .map(([fields]) => fields);
  return [Math.min(width, ...common), Math.max(width, ...common)];
}

function wholeLines(text: string, complete: boolean): string {
  if (complete) return text;
  const end = text.lastIndexOf("\n");
  return end < 0 ? text : text.slice(0, end + 1);
}

function checkedDelimiter(delimiter: string): string {
  const value = delimiter === "\\t" || delimiter === "tab" ? "\t" : delimiter;
  if (
    value.length === 1 &&
    value !== '"' &&
    value !== "\n" &&
    value !== "\r" &&
    value.charCodeAt(0) < 128
  )
    return value;
  throw usageError(
    "bad-delimiter",
    `the delimiter must be one ASCII character, got ${JSON.stringify(delimiter)}`,
    "for example --delimiter ; or --delimiter tab",
  );
}
