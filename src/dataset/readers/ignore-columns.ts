import { suggestion } from "../../errors/suggest.js";
import { usageError } from "../../errors/user-error.js";
import type { DataRecord, RecordSource } from "./record-source.js";

/**
 * The source without some of its columns, as if the file did not have them: their names decide nothing, and numbers of columns count
 * those that are left. Usage errors: unknown-column, nothing-left.
 */
export function ignoreColumns(source: RecordSource, ignored: readonly string[]): RecordSource {
  if (ignored.length === 0) return source;
  const { columns, file } = source;
  const unknown = ignored.find((name) => !columns.includes(name));
  if (unknown !== undefined)
    throw usageError(
      "unknown-column",
      `--ignore names "${unknown}", which ${file} does not have`,
      suggestion(unknown, columns),
    );
  const left = columns.flatMap((name, i) => (ignored.includes(name) ? [] : [i]));
  if (left.length === 0)
    throw usageError("nothing-left", `--ignore leaves ${file} without a column`, "name fewer");
  const kept = ({ fields, line }: DataRecord): DataRecord => ({
    fields: left.map((i) => fields[i]),
    line,
  });
  return {
    ...source,
    columns: left.map((i) => columns[i]),
    sample: async (count) => (await source.sample(count)).map(kept),
    records: () => mapRecords(source.records(), kept),
    warnings: () => [
      ...source.warnings(),
      `columns ignored: ${ignored.map((name) => `"${name}"`).join(", ")}`,
    ],
  };
}

async function* mapRecords(
  records: AsyncGenerator<DataRecord>,
  change: (record: DataRecord) => DataRecord,
): AsyncGenerator<DataRecord> {
  for await (const record of records) yield change(record);
}
