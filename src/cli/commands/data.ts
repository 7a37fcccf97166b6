import { Command, Option } from "commander";
import { mapping, numberWithin, wholeNumber, withCommonOptions } from "../parse.js";
import { withReaderOptions } from "../reader-options.js";

/** `embtune data inspect|prepare|split`: declares the options; what does the work is imported when it runs. */
export function dataCommand(): Command {
  return new Command("data")
    .description("look at data, convert it, split it")
    .showHelpAfterError("(--help lists commands and options)")
    .addCommand(inspectCommand())
    .addCommand(prepareCommand())
    .addCommand(splitCommand());
}

function inspectCommand(): Command {
  const command = new Command("inspect")
    .description("say what is in data files and what to do about it")
    .argument(
      "<files...>",
      "CSV, TSV, JSON Lines or text files, gzipped or not; - is standard input",
    )
    .usage("FILE… [--html OUT] [options]")
    .option("--html <file>", "also write a page with histograms")
    .option("--overwrite", "replace the file that --html names")
    .option("--columns <map>", "role=column,…, e.g. anchor=question,positive=answer", mapping)
    .option("--label-map <map>", "label=value,…, for integer NLI labels", mapping)
    .option(
      "--batch-size <n>",
      "rows of the batch whose false negatives are estimated",
      wholeNumber(2),
      64,
    )
    .option("--sample <n>", "rows whose tokens are counted", wholeNumber(1), 20_000)
    .option(
      "--model <model>",
      "model whose tokenizer counts (default: the bundled embtune-mini-en)",
    )
    .option("--allow-download", "let --model org/name be fetched from the hub")
    .option(
      "--max-length <n>",
      "most tokens a text may have (default: what the model says)",
      wholeNumber(3),
    )
    .option("--no-tokens", "lengths in words only; no model is read");
  withReaderOptions(command);
  return withCommonOptions(command).action(async (files: string[], _, self: Command) => {
    const { runInspect } = await import("../actions/data-inspect.js");
    await runInspect(files, self);
  });
}

function prepareCommand(): Command {
  const command = new Command("prepare")
    .description(
      "make pairs, triplets, labelled or scored pairs or classes of a file, and account for every row",
    )
    .argument("<file>", "data file; with --corpus and --qrels the queries")
    .usage("FILE --as pairs --out FILE [options]")
    .addOption(
      new Option("--as <rows>", "what to make")
        .choices(["pairs", "triplets", "labelled-pairs", "scored-pairs", "classes"])
        .makeOptionMandatory(),
    )
    .requiredOption("--out <file>", "file to write: .csv, .tsv or .jsonl, also with .gz")
    .option("--overwrite", "replace the file that --out names")
    .option("--csv-safe", "put ' before cells that a spreadsheet would take for a formula")
    .option("--columns <map>", "role=column,…, e.g. anchor=question,positive=answer", mapping)
    .option("--label-map <map>", "label=value,…, for integer NLI labels", mapping);
  addConversionOptions(command);
  withReaderOptions(command);
  return withCommonOptions(command).action(async (file: string, _, self: Command) => {
    const { runPrepare } = await import("../actions/data-prepare.js");
    await runPrepare(file, self);
  });
}

function addConversionOptions(command: Command): void {
  command
    .option("--clean", "mend mojibake, HTML entities and control characters")
    .option("--min-words <n>", "leave out rows with a text of fewer words", wholeNumber(1))
    .option("--dedupe", "leave out rows that repeat an earlier one but for case and punctuation")
    .addOption(
      new Option(
        "--neutral-as <use>",
        "neutral NLI rows: left out, as contradictions, or scored 0.5 (default: scored in scored pairs, else unused)",
      ).choices(["unused", "negative", "score"]),
    )
    .option(
      "--per-class <n>",
      "pairs of a class (default: as many as it has texts)",
      wholeNumber(1),
    )
    .option("--max-pairs <n>", "pairs in all; large classes give way first", wholeNumber(1))
    .option(
      "--positive-from <s>",
      "scores from here on, of 0–1, are label 1 (default: 0.8)",
      numberWithin(0, 1),
    )
    .option(
      "--negative-to <s>",
      "scores up to here, of 0–1, are label 0 (default: 0.4)",
      numberWithin(0, 1),
    )
    .option("--corpus <file>", "documents with ids, for --qrels")
    .option("--qrels <file>", "judgments: query id, document id, relevance");
}

function splitCommand(): Command {
  const command = new Command("split")
    .description(
      "split a file into parts to train on and to measure on, without a text on two sides",
    )
    .argument("<file>", "data file")
    .usage("FILE --out DIR [--eval 0.1] [--test 0.1] [--by connected] [options]")
    .requiredOption("--out <dir>", "folder for train, eval, test and split.json")
    .option("--overwrite", "replace an earlier split in that folder")
    .option(
      "--eval <n>",
      "below 1 a share of the rows, else a number of rows",
      numberWithin(0, undefined, true),
      0.1,
    )
    .option("--test <n>", "a third part, likewise", numberWithin(0, undefined, true))
    .addOption(
      new Option(
        "--by <what>",
        "what stays together: rows connected through texts, of one anchor, of one label",
      )
        .choices(["connected", "anchor", "label", "none"])
        .default("connected"),
    )
    .option("--columns <map>", "role=column,…, e.g. anchor=question,positive=answer", mapping);
  withReaderOptions(command, { scores: false });
  return withCommonOptions(command).action(async (file: string, _, self: Command) => {
    const { runSplit } = await import("../actions/data-split.js");
    await runSplit(file, self);
  });
}
