import type { TextFormat } from "../format.js";
import { readLines } from "../lines.js";
import type { TextInput } from "../record-source.js";
import { jsonDialect, jsonLayout } from "./recognise.js";
import { type JsonText, openJsonValues } from "./records.js";

/** JSON Lines: an object, or a list of cells, a line; blank lines are skipped. */
export const jsonLinesFormat: TextFormat = {
  kind: "text",
  name: "json-lines",
  asked: ["jsonl"],
  recognise: (sample, given) =>
    given.inputFormat === "jsonl" || jsonLayout(sample) === "lines"
      ? jsonDialect("json-lines", sample, given)
      : undefined,
  open: (input) => openJsonValues(jsonLines(input), input),
  describe: ({ encoding }) => `JSON Lines, ${encoding}`,
};

async function* jsonLines(input: TextInput): AsyncGenerator<JsonText> {
  for await (const { text, line } of readLines(input)) {
    if (text.trim() !== "") yield { text, line };
  }
}
