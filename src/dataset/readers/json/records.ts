import { Problems } from "../../../errors/problems.js";
import type { OpenedFormat } from "../format.js";
import { listNames } from "../limits.js";
import type { DataRecord, TextInput } from "../record-source.js";
import { isJsonObject, parseJson } from "./parse.js";
import { type RecordShape, shapeOf } from "./shape.js";

/** The text of one value and the physical line on which it starts. */
export interface JsonText {
  readonly text: string;
  readonly line: number;
}

/** A value of JSON or Parquet and where it starts; undefined where the text is no JSON. */
export interface RecordValue {
  readonly value: unknown;
  readonly line: number;
}

/** Values that the shape of a file is judged by. */
const judged = 500;

/** Columns and records of values that are in memory; `line` is the number of the row. */
export function openJsonRows(
  rows: readonly unknown[],
  input: Pick<TextInput, "file" | "warnings">,
): Promise<OpenedFormat> {
  const all = (async function* () {
    for (const [i, value] of rows.entries()) yield { value, line: i + 1 };
  })();
  return openValues(all, input);
}

/** Columns and records of a file of JSON values. UserError: those of `shapeOf`, broken-json (up to ten together). */
export function openJsonValues(
  texts: AsyncGenerator<JsonText>,
  input: Pick<TextInput, "file" | "warnings">,
): Promise<OpenedFormat> {
  return openValues(parsed(texts), input);
}

/** Columns and records of values. UserError: as `openJsonValues`. */
export async function openValues(
  values: AsyncGenerator<RecordValue>,
  input: Pick<TextInput, "file" | "warnings">,
): Promise<OpenedFormat> {
  const ahead: RecordValue[] = [];
  while (ahead.length < judged) {
    const next = await values.next();
    if (next.done === true) break;
    ahead.push(next.value);
  }
  const shape = shapeOf(
    ahead.map(({ value }) => value),
    input.file,
  );
  input.warnings.push(...shape.notes);
  return { columns: shape.columns, records: shapedRecords([ahead, values], shape, input) };
}

async function* parsed(texts: AsyncGenerator<JsonText>): AsyncGenerator<RecordValue> {
  for await (const { text, line } of texts) yield { value: parseJson(text), line };
}

/** What to do where rows do not fit the shape. */
const alike =
  "write all rows alike, one JSON value a line or all in one list; if the lines are texts: --input-format text";

/** The records of several sources of values, one after another: each generator between a file and its rows costs time for each row. */
async function* shapedRecords(
  sources: readonly (readonly RecordValue[] | AsyncGenerator<RecordValue>)[],
  shape: RecordShape,
  { file, warnings }: Pick<TextInput, "file" | "warnings">,
): AsyncGenerator<DataRecord> {
  const problems = new Problems("broken-json");
  const late = lateNames(shape);
  let skip = shape.header;
  for (const values of sources) {
    for await (const { value, line } of values) {
      if (skip) {
        skip = false;
        continue;
      }
      const fields = shape.fields(value);
      if (typeof fields === "string") {
        problems.add(fields, { file, line });
        if (problems.count >= 10) problems.throwIfAny(alike);
        continue;
      }
      late.look(value, line);
      yield { fields, line };
    }
  }
  problems.throwIfAny(alike);
  warnings.push(...late.notes());
}

/** Keys that come only after the values by which the columns were found: they are not read, and said. */
function lateNames({ columns }: RecordShape) {
  const known = new Set(columns);
  const late = new Map<string, number>();
  return {
    look: (value: unknown, line: number): void => {
      if (!isJsonObject(value)) return;
      for (const name in value)
        if (
          !known.has(name) &&
          name !== "texts" &&
          name !== "sentences" &&
          name !== "set" &&
          late.size < 100 &&
          !late.has(name)
        )
          late.set(name, line);
    },
    notes: (): string[] =>
      late.size === 0
        ? []
        : [
            `keys that come only after the first ${judged} rows are not read: ${listNames([...late.keys()])} (first on line ${Math.min(...late.values())})`,
          ],
  };
}
