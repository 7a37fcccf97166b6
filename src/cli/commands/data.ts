import { Command } from "commander";
import { mapping, wholeNumber, withCommonOptions } from "../parse.js";
import { withReaderOptions } from "../reader-options.js";

/** `embtune data inspect|prepare|split`: declares the options; what does the work is imported when it runs. */
export function dataCommand(): Command {
  return new Command("data")
    .description("look at data, convert it, split it")
    .showHelpAfterError("(--help lists commands and options)")
    .addCommand(inspectCommand());
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
