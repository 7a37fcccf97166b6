import { Command, Option } from "commander";
import { withCommonOptions, withModelSettings } from "../parse.js";

/** `embtune export MODEL`: declares the options; what does the work is imported when it runs. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description("write a model folder that other programs load")
    .argument("[model]", "run folder, RUN:step, model folder or hub id (default: the bundled one)")
    .usage("RUN --to DIR [--format both] [--dtype q8] [--verify]")
    .requiredOption("--to <dir>", "folder to write; new or empty")
    .addOption(
      new Option(
        "--format <name>",
        "who is to read it; both: sentence-transformers in a folder inside",
      )
        .choices(["transformersjs", "sentence-transformers", "both", "fastembed"])
        .default("transformersjs"),
    )
    .addOption(
      new Option("--dtype <type>", "weights; fp16 and q8 stand beside the fp32 file")
        .choices(["fp32", "fp16", "q8"])
        .default("fp32"),
    )
    .option("--adapter", "also write the adapters of --tune lora to adapter/, as PEFT reads them")
    .option("--eval <file>", "data on which the loss of fp16 or q8 is measured, e.g. an STS file")
    .option(
      "--verify",
      "load the folder in transformers.js and compare the vectors of 100 texts; exit code 1 above 1e-5",
    );
  withModelSettings(command);
  return withCommonOptions(command).action(async (model: string | undefined, _, self: Command) => {
    const { runExport } = await import("../actions/export.js");
    await runExport(model, self);
  });
}
