import { Problems } from "../../errors/problems.js";
import { UserError } from "../../errors/user-error.js";
import { readLines } from "./lines.js";
import type { Cell, DataRecord, TextInput } from "./record-source.js";

/**
 * Column names of a JSON Lines file: the keys of the objects in the sample, in order of appearance. UserError: no-columns when
 * no line of the sample holds one.
 */
export function jsonColumns(sample: string, file: string): readonly string[] {
  const names = new Set<string>();
  for (const line of sample.split("\n")) {
    const parsed = parse(line);
    if (isObject(parsed)) for (const name of Object.keys(parsed)) names.add(name);
  }
  if (names.size > 0) return [...names];
  throw new UserError(
    "no-columns",
    "looks like JSON Lines, but no line is a whole JSON object with keys",
    {
      at: { file, line: 1 },
      hint: 'write one object a line: {"anchor": "…", "positive": "…"}',
    },
  );
}

/** One JSON object a line; blank lines are skipped. UserError: broken-json (up to ten lines together). */
export async function* jsonRecords(
  input: TextInput,
  columns: readonly string[],
): AsyncGenerator<DataRecord> {
  const problems = new Problems("broken-json");
  const hint = "write one object a line, without a list or commas around them";
  for await (const { text, line } of readLines(input.chunks, input.dialect.newline)) {
    if (text.trim() === "") continue;
    const value = parse(text);
    if (isObject(value)) {
      yield { fields: columns.map((name) => cellOf(value, name)), line };
      continue;
    }
    const got = value === undefined ? "something that is not JSON" : nameOf(value);
    problems.add(`expected one JSON object on the line, got ${got}`, { file: input.file, line });
    if (problems.count >= 10) break;
  }
  problems.throwIfAny(hint);
}

function cellOf(value: Readonly<Record<string, unknown>>, name: string): Cell {
  const cell = Object.hasOwn(value, name) ? value[name] : undefined;
  if (cell === undefined || cell === null) return "";
  if (typeof cell === "string") return cell;
  if (typeof cell === "number" || typeof cell === "boolean") return String(cell);
  if (Array.isArray(cell) && cell.every((item) => typeof item === "string")) return cell;
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a ${typeof value}`;
}
