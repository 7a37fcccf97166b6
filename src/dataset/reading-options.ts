import type { AnyTable } from "../options/option.js";
import type { ReaderOptions } from "./readers/record-source.js";

/** How a file is read, where the evidence is not to decide. */
export const dialectOptions = {
  inputFormat: {
    type: "choice",
    choices: ["csv", "tsv", "jsonl", "json", "parquet", "text"],
    placeholder: "name",
    otherwise: "by evidence",
    description: "format of the files",
  },
  delimiter: {
    type: "text",
    placeholder: "char",
    otherwise: "by evidence",
    description: "what separates fields: , ; | or tab",
  },
  quotes: {
    type: "boolean",
    otherwise: "by evidence",
    description: 'fields may stand in "',
    negation: 'a " is an ordinary character',
  },
  header: {
    type: "boolean",
    otherwise: "by evidence",
    description: "the first line holds the columns' names",
    negation: "the first line is a row; columns are named 1, 2, …",
  },
  encoding: {
    type: "choice",
    choices: ["utf-8", "utf-16le", "utf-16be", "windows-1252"],
    placeholder: "name",
    otherwise: "by evidence",
    description: "encoding of the files",
  },
  ignore: {
    type: "words",
    placeholder: "columns",
    otherwise: "none",
    description: "read the files as if they had no such columns: a,b",
  },
} as const satisfies AnyTable;

/** What the columns of a file mean. */
export const columnOptions = {
  columns: {
    common: true,
    type: "map",
    placeholder: "map",
    otherwise: "by their names",
    description: "role=column,…, e.g. anchor=question,positive=answer",
  },
  labelMap: {
    type: "map",
    placeholder: "map",
    description: "label=value,…, for integer NLI labels: entailment=0,neutral=1,contradiction=2",
  },
  scoreRange: {
    type: "range",
    placeholder: "low,high",
    otherwise: "the usual scale that fits",
    description: "what the lowest and highest scores are, e.g. 0,5",
  },
} as const satisfies AnyTable;

/** The part of given options that says how a file is read. */
export function readerOf(options: ReaderOptions): ReaderOptions {
  const { inputFormat, delimiter, quotes, header, encoding, ignore } = options;
  return { inputFormat, delimiter, quotes, header, encoding, ignore };
}
