import { Command } from "commander";
import { packageVersion } from "../training/version.js";
import { embedCommand } from "./commands/embed.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { trainCommand } from "./commands/train.js";

/**
 * The whole command line. The modules of the commands declare options only; what does the work is imported when a
 * command runs, so that `--help` stays fast.
 */
export function createProgram(): Command {
  const program = new Command("embtune")
    .description(
      "Fine-tune sentence embeddings by contrastive learning, on a CPU, with Node alone.",
    )
    .version(packageVersion())
    .showHelpAfterError("(--help lists commands and options)")
    .showSuggestionAfterError(true)
    .enablePositionalOptions();
  for (const command of [trainCommand(), evaluateCommand(), embedCommand()]) {
    program.addCommand(command);
  }
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
}
