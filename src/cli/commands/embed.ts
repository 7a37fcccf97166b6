import { Command } from "commander";
import { wholeNumber, withCommonOptions, withModelOptions } from "../parse.js";

/** `embtune embed DATA`: declares the options; what does the work is imported when it runs. */
export function embedCommand(): Command {
  const command = new Command("embed")
    .description("write the vector of each text to a file, in order")
    .argument("<data>", "CSV file with a text column, or .txt with a text a line")
    .usage("DATA --out vectors.npy [--model RUN] [options]")
    .requiredOption("--out <file>", "file to write: .npy, .jsonl or .csv")
    .option(
      "--column <name>",
      "the column that holds the texts (default: text, or the only column)",
    )
    .option("--overwrite", "replace the file that --out names")
    .option("--batch-size <n>", "texts of a batch", wholeNumber(1), 64);
  withModelOptions(command);
  return withCommonOptions(command).action(async (data: string, _, self: Command) => {
    const { runEmbed } = await import("../actions/embed.js");
    await runEmbed(data, self);
  });
}
