import { Command, Option } from "commander";
import { wholeNumber, withCommonOptions, withModelOptions } from "../parse.js";
import { parsePrompts } from "../parse-prompts.js";
import { withReaderOptions } from "../reader-options.js";

/** `embtune embed DATA`: declares the options; what does the work is imported when it runs. */
export function embedCommand(): Command {
  const command = new Command("embed")
    .description("write the vector of each text to a file, in order")
    .argument("[data]", 'file with a text column, or .txt with a text a line; "-": standard input')
    .usage("DATA --out vectors.npy [--model RUN] [options]")
    .requiredOption(
      "--out <file>",
      "file to write: .npy, .jsonl, .csv, .safetensors, .parquet, .fvecs",
    )
    .option(
      "--column <name>",
      "the column that holds the texts (default: text, or the only column)",
    )
    .option("--overwrite", "replace the file that --out names");
  addVectorOptions(command);
  addShardOptions(command);
  withReaderOptions(command.optionsGroup("Reading:"), { scores: false });
  withModelOptions(command.optionsGroup("Model:")).addOption(
    new Option("--model-dtype <type>", "q8: run the model's onnx/model_quantized.onnx").choices([
      "fp32",
      "q8",
    ]),
  );
  command
    .option("--prompt <text>", "put before every text: a prompt's name, or the text itself")
    .option(
      "--prompts <map>",
      'name=text,…, e.g. query="query: ", for --prompt to name; a text alone stands before every text',
      parsePrompts,
    )
    .option("--batch-size <n>", "most texts of a batch", wholeNumber(1), 64);
  return withCommonOptions(command.optionsGroup("Common:")).action(
    async (data: string | undefined, _, self: Command) => {
      const { runEmbed } = await import("../actions/embed.js");
      await runEmbed(data, self);
    },
  );
}

function addVectorOptions(command: Command): void {
  command
    .optionsGroup("Vectors:")
    .addOption(
      new Option("--dtype <type>", "numbers of the vectors; binary: 8 signs a byte")
        .choices(["float32", "float16", "int8", "binary"])
        .default("float32"),
    )
    .option("--dim <n>", "keep the first n numbers, divided by their norm", wholeNumber(1))
    .option("--calibration <file>", "texts that give int8 its ranges (default: the data's own)")
    .option(
      "--keep-columns [names]",
      "write other source columns too: a,b or all of them (.parquet, .jsonl, .csv)",
      (text: string) => text.split(",").map((name) => name.trim()),
    )
    .option(
      "--csv-safe",
      "in .csv, put ' before cells that a spreadsheet would take for a formula",
    );
}

function addShardOptions(command: Command): void {
  command
    .optionsGroup("Many machines:")
    .option("--shard <i/n>", "only the i-th of n parts of the texts")
    .option("--merge <files...>", "put the files of all shards together, in place of DATA");
}
