/** What reading a sample by one delimiter, with or without quotes, shows. */
export interface Survey {
  /** Fields of the first record. */
  readonly first: readonly string[];
  /** Up to 200 of the records after it. */
  readonly rest: readonly (readonly string[])[];
  readonly records: number;
  /** How many records have how many fields. */
  readonly widths: ReadonlyMap<number, number>;
  /** Fields that open with a quote and close before a delimiter or the end of the line, as RFC 4180 wants. */
  readonly quoted: number;
  /** Fields that open with a quote and go on after it closes, or never close: proof against quoting, or a broken file. */
  readonly broken: number;
  /** Fields with a quote inside that do not begin with one. */
  readonly literal: number;
  /** Quoted fields that contain a line break. */
  readonly spanning: number;
}

interface SurveyOptions {
  readonly delimiter: string;
  readonly quotes: boolean;
  /** What stands before a quote inside quotes. Default: another quote. */
  readonly escape?: "\\" | undefined;
  /** The sample ends where the file does: a last quote that is open stays open. */
  readonly complete: boolean;
}

const kept = 200;

/** Reads the sample once by the rules of `options`, going on after every broken quote at the next delimiter. */
export function survey(text: string, options: SurveyOptions): Survey {
  const scan = { text, options, at: 0, quoted: 0, broken: 0, literal: 0, spanning: 0 };
  const widths = new Map<number, number>();
  const rows: string[][] = [];
  let records = 0;
  while (scan.at < text.length) {
    const fields = readRecord(scan);
    if (fields.length === 1 && fields[0] === "") continue;
    records += 1;
    widths.set(fields.length, (widths.get(fields.length) ?? 0) + 1);
    if (rows.length <= kept) rows.push(fields);
  }
  const [first = [], ...rest] = rows;
  const { quoted, broken, literal, spanning } = scan;
  return { first, rest, records, widths, quoted, broken, literal, spanning };
}

/** The commonest number of fields, and the share of the records that have it. */
export function commonWidth(found: Survey): { readonly width: number; readonly share: number } {
  let width = 0;
  let most = 0;
  for (const [fields, times] of found.widths) {
    if (times > most || (times === most && fields > width)) {
      width = fields;
      most = times;
    }
  }
  return { width, share: found.records === 0 ? 0 : most / found.records };
}

interface Scan {
  readonly text: string;
  readonly options: SurveyOptions;
  at: number;
  quoted: number;
  broken: number;
  literal: number;
  spanning: number;
}

function readRecord(scan: Scan): string[] {
  const { text, options } = scan;
  const fields: string[] = [];
  for (;;) {
    fields.push(options.quotes && text[scan.at] === '"' ? quotedField(scan) : plainField(scan));
    const stop = text[scan.at];
    scan.at += 1;
    if (stop !== options.delimiter) return fields;
  }
}

/** Leaves `at` on the delimiter or line break that ends the field, or at the end of the text. */
function plainField(scan: Scan): string {
  const start = scan.at;
  scan.at = fieldEnd(scan, start);
  const field = scan.text.slice(start, scan.at);
  const value = field.endsWith("\r") ? field.slice(0, -1) : field;
  if (value.includes('"')) scan.literal += 1;
  return value;
}

function quotedField(scan: Scan): string {
  const { text, options } = scan;
  const start = scan.at + 1;
  const close = closingQuote(text, start, options.escape);
  if (close < 0) {
    if (options.complete) scan.broken += 1;
    scan.at = fieldEnd(scan, start);
    return text.slice(start, scan.at);
  }
  scan.at = fieldEnd(scan, close + 1);
  const after = text.slice(close + 1, scan.at);
  if (after === "" || after === "\r") {
    scan.quoted += 1;
    if (text.slice(start, close).includes("\n")) scan.spanning += 1;
  } else {
    scan.broken += 1;
    // Go on inside the line where the quote opened: what it seemed to enclose may be other records.
    scan.at = fieldEnd(scan, start);
  }
  const inside = text.slice(start, close);
  return options.escape === undefined
    ? inside.replaceAll('""', '"')
    : inside.replace(/\\(["\\])/g, "$1");
}

/** The place of the quote that ends a field, or -1. */
function closingQuote(text: string, start: number, by: "\\" | undefined): number {
  let close = text.indexOf('"', start);
  if (by === undefined) {
    while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
    return close;
  }
  while (close >= 0 && isEscaped(text, start, close)) close = text.indexOf('"', close + 1);
  return close;
}

/** Whether an odd number of backslashes stands before `at`. */
function isEscaped(text: string, start: number, at: number): boolean {
  let before = at;
  while (before > start && text[before - 1] === "\\") before -= 1;
  return (at - before) % 2 === 1;
}

function fieldEnd(scan: Scan, from: number): number {
  const { text, options } = scan;
  const delimiter = options.delimiter.charCodeAt(0);
  let at = from;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 10 || code === delimiter) return at;
    at += 1;
  }
  return at;
}
