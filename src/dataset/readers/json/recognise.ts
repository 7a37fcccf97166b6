import { UserError } from "../../../errors/user-error.js";
import type { Sample } from "../format.js";
import { newlineOf } from "../newline.js";
import type { Dialect, ReaderOptions } from "../record-source.js";
import { parseJson } from "./parse.js";

/**
 * How a file holds JSON: a value a line, one list of values, values one after another over several lines, or one object that holds
 * the rows.
 */
type JsonLayout = "lines" | "list" | "sequence" | "object";

/** The layout of a file by its beginning, undefined where it is no JSON. UserError: python-literals, javascript-literals. */
export function jsonLayout({ file, text }: Pick<Sample, "file" | "text">): JsonLayout | undefined {
  const start = text.search(/\S/);
  const first = text[start];
  if (first === '"') return holdsStrings(file, text) ? "lines" : undefined;
  if (first !== "[" && first !== "{") return undefined;
  if (/^[[{]\s*[[{]?\s*'[^']*'\s*[,:\]}]/.test(text.slice(start, start + 4096)))
    throw pythonLiterals(file, text, start);
  if (
    /^(\[\s*)?\{\s*[A-Za-z_$][\w$]*\s*:\s*(["'`[{\d-]|true\b|false\b|null\b)/.test(
      text.slice(start, start + 4096),
    )
  )
    throw javascriptLiterals(file, text, start);
  const end = valueEnd(text, start);
  if (!looksLikeJson(text, start, end)) return undefined;
  const value = text.slice(start, end < 0 ? text.length : end);
  const oneLine = !/[\r\n]/.test(value.trimEnd());
  if (end < 0) return first === "[" ? "list" : openObject(text, start);
  const rest = text.slice(end).trimStart();
  if (rest === "") return first === "[" ? "list" : "object";
  return oneLine && /^[ \t]*[\r\n]/.test(text.slice(end))
    ? "lines"
    : oneLine && rest.startsWith(",")
      ? "lines"
      : "sequence";
}

/** Texts in double quotes, a line each: those of JSON by the file's name, since CSV writes a lone column alike. */
function holdsStrings(file: string, text: string): boolean {
  if (!/\.(jsonl|ndjson|json)(\.gz)?$/i.test(file)) return false;
  const lines = text.split(/\r\n|\n|\r/, 21).filter((line) => line.trim() !== "");
  return lines.slice(0, 20).every((line) => typeof parseJson(line) === "string");
}

/** The dialect of a file of JSON; JSON has no other choices. */
export function jsonDialect(
  format: "json" | "json-lines",
  { text, encoding }: Sample,
  given: ReaderOptions,
): Dialect {
  const idle = [
    given.delimiter !== undefined && "--delimiter",
    given.quotes !== undefined && "--quotes",
    given.header !== undefined && "--header",
  ].filter((name) => name !== false);
  const notes =
    idle.length > 0 ? [`the file holds JSON: ${idle.join(", ")} is of no effect on it`] : [];
  return {
    format,
    encoding,
    delimiter: "",
    quotes: false,
    header: false,
    newline: newlineOf(text),
    notes,
  };
}

/** The place after the value that begins at `start`, or -1 where the text ends before it does. */
function valueEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      at = stringEnd(text, at);
      if (at < 0) return -1;
    } else if (char === "[" || char === "{") depth += 1;
    else if (char === "]" || char === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return -1;
}

/** The place of the quote that ends the string beginning at `start`, or -1. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

/**
 * A brace before a quoted key is meant as JSON whatever follows. A bracket also begins plain texts (`[INST] …`, `[1] …`,
 * `[[Link]] …`): there the first value must be one, or some other line.
 */
function looksLikeJson(text: string, start: number, end: number): boolean {
  const head = text.slice(start, start + 4096);
  if (head.startsWith("{")) return /^\{\s*("|\}|$)/.test(head);
  if (/^\[\s*(\{\s*"|"[^"]*"\s*,)/.test(head)) return true;
  const lines = text.slice(start).split(/\r\n|\n|\r/, 20);
  if (end < 0)
    return /^\[\s*(["[{\]]|$)/.test(head) && lines.every((line) => !/^\[[^"\]]*\]\s*\S/.test(line));
  const rest = /^[^\r\n]*/.exec(text.slice(end))?.[0].trim() ?? "";
  if (/^[^,[{]/.test(rest)) return false;
  if (parseJson(text.slice(start, end)) !== undefined) return true;
  return lines.slice(1).some((line) => /^\s*[[{]/.test(line) && parseJson(line) !== undefined);
}

/** An object that does not end in the sample: one over many lines, or a first line without its last brace. */
function openObject(text: string, start: number): JsonLayout {
  const second = /[\r\n]+([^\r\n]*)/.exec(text.slice(start))?.[1];
  const [line] = text.slice(start).split(/[\r\n]/, 1);
  return second?.startsWith("{") && line.length > 1 ? "lines" : "object";
}

function javascriptLiterals(file: string, text: string, start: number): UserError {
  return new UserError(
    "javascript-literals",
    "holds objects of JavaScript or JSON5 (keys without quotes), which are not JSON",
    {
      at: { file, line: text.slice(0, start).split("\n").length },
      hint: "write each row with JSON.stringify(row), one a line; if the lines are texts: --input-format text",
    },
  );
}

function pythonLiterals(file: string, text: string, start: number): UserError {
  const line = text.slice(0, start).split("\n").length;
  return new UserError(
    "python-literals",
    "holds Python's dictionaries or lists (single quotes), which are not JSON",
    {
      at: { file, line },
      hint: "write each row with json.dumps(row), one a line; if the lines are texts: --input-format text",
    },
  );
}
