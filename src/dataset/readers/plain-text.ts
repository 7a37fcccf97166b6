import type { TextFormat } from "./format.js";
import { readLines } from "./lines.js";
import { newlineOf } from "./newline.js";
import type { DataRecord, TextInput } from "./record-source.js";

/** One text a line: what no other format fits. */
export const plainTextFormat: TextFormat = {
  kind: "text",
  name: "text",
  asked: ["text"],
  recognise: ({ text, encoding }, { inputFormat }) => ({
    format: "text",
    encoding,
    delimiter: "",
    quotes: false,
    header: false,
    newline: newlineOf(text),
    notes:
      inputFormat === undefined && /^\s*[[{]/.test(text)
        ? [
            "begins with a bracket but holds no JSON: each line is read as a text (--input-format text says so)",
          ]
        : [],
  }),
  open: (input) => ({ columns: textColumns, records: plainTextRecords(input) }),
  describe: ({ encoding }) => `one text a line, ${encoding}`,
};

/** The only column of a plain text file. */
const textColumns: readonly string[] = ["text"];

/** An empty line is a record with an empty text, so that nothing disappears uncounted. */
async function* plainTextRecords(input: TextInput): AsyncGenerator<DataRecord> {
  for await (const { text, line } of readLines(input)) yield { fields: [text], line };
}
