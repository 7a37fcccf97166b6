import { type Command, Option } from "commander";
import type { InputFormat, ReaderOptions } from "../dataset/readers/record-source.js";
import type { ScoreRange } from "../dataset/rows/scores.js";
import { scoreRange } from "./parse.js";

/** Options that fix how files are read, where the evidence is not to decide. */
export interface ReaderFlags {
  readonly inputFormat?: InputFormat;
  readonly delimiter?: string;
  readonly quotes?: boolean;
  readonly header?: boolean;
  readonly encoding?: ReaderOptions["encoding"];
  readonly scoreRange?: ScoreRange;
}

/** Adds the options that fix how files are read; `scores: false` where no scores are used. */
export function withReaderOptions(command: Command, { scores = true } = {}): Command {
  command
    .addOption(
      new Option("--input-format <name>", "format of the files (default: by evidence)").choices([
        "csv",
        "tsv",
        "jsonl",
        "json",
        "parquet",
        "text",
      ]),
    )
    .option("--delimiter <char>", "what separates fields: , ; | or tab (default: by evidence)")
    .option("--quotes", 'fields may stand in " (default: by evidence)')
    .option("--no-quotes", 'a " is an ordinary character')
    .option("--header", "the first line holds the columns' names (default: by evidence)")
    .option("--no-header", "the first line is a row; columns are named 1, 2, …")
    .addOption(
      new Option("--encoding <name>", "encoding of the files (default: by evidence)").choices([
        "utf-8",
        "utf-16le",
        "utf-16be",
        "windows-1252",
      ]),
    );
  if (!scores) return command;
  return command.option(
    "--score-range <low,high>",
    "what the lowest and highest scores are, e.g. 0,5 (default: the usual scale that fits)",
    scoreRange,
  );
}

/** The flags as the library takes them. */
export function readerOptions(flags: ReaderFlags): {
  readonly reader: ReaderOptions;
  readonly scoreRange?: ScoreRange;
} {
  const { inputFormat, delimiter, quotes, header, encoding, scoreRange: range } = flags;
  const reader = {
    inputFormat,
    delimiter,
    quotes,
    header,
    encoding,
  };
  return range === undefined ? { reader } : { reader, scoreRange: range };
}
