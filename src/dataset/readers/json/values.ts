import { UserError } from "../../../errors/user-error.js";
import { maxRecordBytes, tooLong } from "../limits.js";
import type { TextInput } from "../record-source.js";
import type { JsonText } from "./records.js";

/** The elements of one list, as texts; memory holds one of them. UserError: broken-json, record-too-long. */
export function listedValues(input: TextInput): AsyncGenerator<JsonText> {
  return scanValues(input, true);
}

/** Objects and lists one after another, on as many lines as they take. UserError: as `listedValues`. */
export function valuesInSequence(input: TextInput): AsyncGenerator<JsonText> {
  return scanValues(input, false);
}

/** Where the scan stands between two chunks. */
interface Scan {
  readonly file: string;
  /** Values stand inside a list; else one after another. */
  readonly list: boolean;
  readonly newline: number;
  depth: number;
  inString: boolean;
  escaped: boolean;
  line: number;
  /** The list's end has been read. */
  closed: boolean;
  /** The line on which the current value starts, 0 between values. */
  startLine: number;
  readonly parts: Buffer[];
  size: number;
}

async function* scanValues(input: TextInput, list: boolean): AsyncGenerator<JsonText> {
  const scan: Scan = {
    file: input.file,
    list,
    newline: input.dialect.newline.charCodeAt(0),
    depth: 0,
    inString: false,
    escaped: false,
    line: 1,
    closed: false,
    startLine: 0,
    parts: [],
    size: 0,
  };
  for await (const chunk of input.chunks) yield* scanChunk(scan, chunk);
  if (scan.startLine > 0)
    throw broken(scan, "the value that starts here never ends", scan.startLine);
  if (list && !scan.closed) throw broken(scan, "the list that the file begins with never ends");
}

const [quote, backslash, comma] = [0x22, 0x5c, 0x2c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

function* scanChunk(scan: Scan, chunk: Buffer): Generator<JsonText> {
  const base = scan.list ? 1 : 0;
  let start = 0;
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at];
    if (byte === scan.newline) scan.line += 1;
    if (scan.inString) {
      inString(scan, byte);
      continue;
    }
    if (byte <= 0x20) continue;
    if (scan.list && scan.depth <= 1 && scan.startLine === 0 && structure(scan, byte)) continue;
    if (scan.list && scan.depth === 1 && (byte === comma || byte === closeList)) {
      yield finish(scan, chunk.subarray(start, at));
      structure(scan, byte);
      continue;
    }
    if (scan.startLine === 0) {
      if (!scan.list && byte !== openList && byte !== openObject) throw unexpected(scan, byte);
      scan.startLine = scan.line;
      start = at;
    }
    if (byte === quote) scan.inString = true;
    else if (byte === openList || byte === openObject) scan.depth += 1;
    else if (byte === closeList || byte === closeObject) {
      scan.depth -= 1;
      if (scan.depth < base) throw unexpected(scan, byte);
      if (scan.depth === 0) {
        yield finish(scan, chunk.subarray(start, at + 1));
      }
    }
  }
  if (scan.startLine > 0) hold(scan, chunk.subarray(start));
}

function inString(scan: Scan, byte: number): void {
  if (scan.escaped) scan.escaped = false;
  else if (byte === backslash) scan.escaped = true;
  else if (byte === quote) scan.inString = false;
}

/** What stands between the values of a list: its brackets and commas. Whether the byte is such. */
function structure(scan: Scan, byte: number): boolean {
  if (scan.closed) throw broken(scan, "something follows after the end of the list");
  if (scan.depth === 0) {
    if (byte !== openList) throw unexpected(scan, byte);
    scan.depth = 1;
    return true;
  }
  if (byte === closeList) {
    scan.depth = 0;
    scan.closed = true;
    return true;
  }
  return byte === comma;
}

function hold(scan: Scan, part: Buffer): void {
  scan.size += part.length;
  if (scan.size > maxRecordBytes) throw tooLong("value", scan.file, scan.startLine);
  scan.parts.push(part);
}

function finish(scan: Scan, last: Buffer): JsonText {
  hold(scan, last);
  const text = Buffer.concat(scan.parts).toString("utf8");
  const line = scan.startLine;
  scan.parts.length = 0;
  scan.size = 0;
  scan.startLine = 0;
  return { text, line };
}

function unexpected(scan: Scan, byte: number): UserError {
  return broken(scan, `"${String.fromCharCode(byte)}" stands where a value was expected`);
}

function broken({ file, line }: Scan, message: string, at = line): UserError {
  return new UserError("broken-json", message, {
    at: { file, line: at },
    hint: "mend the JSON; if the lines are texts: --input-format text",
  });
}
