import type { TextFormat } from "./format.js";
import { readLines } from "./lines.js";
import { newlineOf } from "./newline.js";
import type { DataRecord, TextInput } from "./record-source.js";

/** One text a line: what no other format fits. */
export const plainTextFormat: TextFormat = {
  kind: "text",
  name: "text",
  asked: ["text"],
  recognise: ({ file, text, encoding }, { inputFormat }) => ({
    format: "text",
    encoding,
    delimiter: "",
    quotes: false,
    header: false,
    newline: newlineOf(text),
    notes: inputFormat === undefined ? notesOf(text, file) : [],
  }),
  open: (input) => ({ columns: textColumns, records: plainTextRecords(input) }),
  describe: ({ encoding }) => `one text a line, ${encoding}`,
};

/** What a file of texts may be instead. */
function notesOf(text: string, file: string): string[] {
  const notes: string[] = [];
  if (/^\s*[[{]/.test(text))
    notes.push(
      "begins with a bracket but holds no JSON: each line is read as a text (--input-format text says so)",
    );
  const lines = text.split(/\r\n|\n|\r/, judged).filter((line) => line.trim() !== "");
  const sign = signs.find(([written]) => everyLineHas(lines, written));
  if (sign !== undefined)
    notes.push(
      `each line holds ${JSON.stringify(sign[0])} as often as the others: if it separates columns, ${sign[1].replaceAll("FILE", () => file)}`,
    );
  return notes;
}

/** Lines that are looked at. */
const judged = 200;

/** What separates columns now and then but is none of the delimiters that are looked for, and what makes it one. */
const signs: readonly (readonly [string, string])[] = [
  ["\u0001", "--delimiter $'\\x01'"],
  ["\u001f", "--delimiter $'\\x1f'"],
  ["^", "--delimiter ^"],
  ["~", "--delimiter '~'"],
  ...["|||", "::", "=>", "->"].map(
    (written) => [written, `make it a tab: sed 's/${written}/\\t/g' FILE > FILE.tsv`] as const,
  ),
];

/** Whether there are at least five lines, all with the same number of it, not none. */
function everyLineHas(lines: readonly string[], written: string): boolean {
  const [first, ...others] = lines.map((line) => line.split(written).length);
  return first > 1 && others.length >= 4 && others.every((count) => count === first);
}

/** The only column of a plain text file. */
const textColumns: readonly string[] = ["text"];

/** An empty line is a record with an empty text, so that nothing disappears uncounted. */
async function* plainTextRecords(input: TextInput): AsyncGenerator<DataRecord> {
  for await (const { text, line } of readLines(input)) yield { fields: [text], line };
}
