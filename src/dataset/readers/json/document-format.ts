import type { TextFormat } from "../format.js";
import { openObjectDocument } from "./object-document.js";
import { jsonDialect, jsonLayout } from "./recognise.js";
import { openJsonValues } from "./records.js";
import { listedValues, valuesInSequence } from "./values.js";

/** A JSON document: a list of rows, rows over several lines one after another, or one object that holds the rows. */
export const jsonDocumentFormat: TextFormat = {
  kind: "text",
  name: "json",
  asked: ["json"],
  recognise: (sample, given) => {
    const layout = given.inputFormat === "json" ? "list" : jsonLayout(sample);
    return layout === undefined || layout === "lines"
      ? undefined
      : jsonDialect("json", sample, given);
  },
  open: (input, sample) => {
    const layout = jsonLayout(sample);
    if (layout === "object") return openObjectDocument(input);
    const list = layout === undefined || layout === "list";
    return openJsonValues(list ? listedValues(input) : valuesInSequence(input), input);
  },
  describe: ({ encoding }) => `JSON document, ${encoding}`,
};
