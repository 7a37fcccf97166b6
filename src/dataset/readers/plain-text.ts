import { readLines } from "./lines.js";
import type { DataRecord, TextInput } from "./record-source.js";

/** The only column of a plain text file. */
export const textColumns: readonly string[] = ["text"];

/** One text a line; an empty line is a record with an empty text, so that nothing disappears uncounted. */
export async function* plainTextRecords(input: TextInput): AsyncGenerator<DataRecord> {
  for await (const { text, line } of readLines(input.chunks, input.dialect.newline)) {
    yield { fields: [text], line };
  }
}
