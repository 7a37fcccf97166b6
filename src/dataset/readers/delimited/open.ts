import { UserError } from "../../../errors/user-error.js";
import { emptyFile } from "../empty-file.js";
import type { OpenedFormat } from "../format.js";
import { listNames, requireFewColumns } from "../limits.js";
import type { DataRecord, TextInput } from "../record-source.js";
import { delimitedRecords, evenRecords } from "./records.js";

/** The columns and records of a delimited file. UserError: empty-file, too-many-columns, header-only, and those of the records. */
export async function openDelimited(input: TextInput): Promise<OpenedFormat> {
  const all = delimitedRecords(input);
  const { dialect, file } = input;
  if (!dialect.header) {
    const width = dialect.widths?.[1] ?? 1;
    requireFewColumns(width, file);
    const columns = Array.from({ length: width }, (_, i) => String(i + 1));
    return { columns, records: evenRecords(all, width, input) };
  }
  const first = await all.next();
  if (first.done === true) throw emptyFile(file);
  requireFewColumns(first.value.fields.length, file, first.value.line);
  const columns = distinctNames(first.value.fields);
  const records = evenRecords(all, columns.length, input);
  return { columns, records: notEmpty(records, file, columns) };
}

async function* notEmpty(
  records: AsyncGenerator<DataRecord>,
  file: string,
  columns: readonly string[],
): AsyncGenerator<DataRecord> {
  let any = false;
  for await (const record of records) {
    any = true;
    yield record;
  }
  if (any) return;
  throw new UserError("header-only", `has a header (${listNames(columns)}) and no rows`, {
    at: { file },
    hint: "add rows; if the first line is a row and not a header, give --no-header",
  });
}

/** Names as written; an empty one is called by its place, a repeated one gets its number: text, text (2). */
function distinctNames(fields: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return fields.map((field, i) => {
    const name = field.trim() || `column ${i + 1}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name} (${times})`;
  });
}
