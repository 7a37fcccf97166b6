import { Command, InvalidArgumentError, Option } from "commander";
import type { Margin } from "../../mining/select-negatives.js";
import {
  mapping,
  numberWithin,
  wholeNumber,
  withCommonOptions,
  withModelOptions,
} from "../parse.js";
import { parsePrompts } from "../parse-prompts.js";
import { withReaderOptions } from "../reader-options.js";

/** `embtune mine DATA`: declares the options; what does the work is imported when it runs. */
export function mineCommand(): Command {
  const command = new Command("mine")
    .description(
      "add hard negatives to pairs: texts near to the anchor that are none of its positives",
    )
    .argument("<data>", "pairs, or rows that are converted to pairs")
    .usage("DATA --out FILE [--model M] [--corpus FILE] [options]")
    .requiredOption("--out <file>", "file to write: .csv, .tsv or .jsonl, also with .gz")
    .option("--overwrite", "replace the file that --out names")
    .option("--csv-safe", "put ' before cells that a spreadsheet would take for a formula")
    .option("--corpus <file>", "texts to look through (default: the positives of the data)")
    .option("--columns <map>", "role=column,…, e.g. anchor=question,positive=answer", mapping)
    .option("--label-map <map>", "label=value,…, for integer NLI labels", mapping);
  addRules(command.optionsGroup("Choice:"));
  addRunOptions(command.optionsGroup("Search:"));
  withModelOptions(command.optionsGroup("Model:"));
  withReaderOptions(command.optionsGroup("Reading:"), { scores: false });
  command.optionsGroup("Common:");
  return withCommonOptions(command).action(async (data: string, _, self: Command) => {
    const { runMine } = await import("../actions/mine.js");
    await runMine(data, self);
  });
}

function addRules(command: Command): void {
  command
    .option("--num-negatives <n>", "negatives of a row", wholeNumber(1), 3)
    .option("--range-min <n>", "leave out so many of the nearest candidates", wholeNumber(0), 0)
    .option(
      "--range-max <n>",
      "look at candidates up to this rank (default: as many as needed, ten times that with a rule or at random)",
      wholeNumber(1),
    )
    .option("--max-score <s>", "leave out candidates with a higher cosine", numberWithin(-1, 1))
    .option(
      "--margin <m>",
      "leave out candidates nearer to the positive's cosine than this: 0.1, or a share of it: 5%",
      margin,
    )
    .addOption(
      new Option("--sampling <how>", "which of the remaining are taken")
        .choices(["top", "random"])
        .default("top"),
    )
    .option("--judge <model>", "a second model, by whose scores --max-score and --margin go");
}

function addRunOptions(command: Command): void {
  command
    .option(
      "--prompts <map>",
      'query="…",document="…", put before anchors, and before positives and candidates (default: the model\'s)',
      parsePrompts,
    )
    .option(
      "--cache <dir>",
      "folder for vectors and unfinished searches, so that a later run goes on (default: OUT.cache)",
    )
    .option("--batch-size <n>", "texts of a batch", wholeNumber(1), 64);
}

/** `0.1` is a difference, `5%` a share of the positive's score. */
function margin(text: string): Margin {
  const relative = text.trim().endsWith("%");
  const number = Number(relative ? text.trim().slice(0, -1) : text);
  const value = relative ? number / 100 : number;
  if (/^\s*%?$/.test(text) || !Number.isFinite(value) || value < 0 || value > 2) {
    throw new InvalidArgumentError("It must be a difference of cosines (0.1) or a share (5%).");
  }
  return { kind: relative ? "relative" : "absolute", value };
}
