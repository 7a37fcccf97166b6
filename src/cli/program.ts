import { Command } from "commander";
import { packageVersion } from "../files/version.js";
import { dataCommand } from "./commands/data.js";
import { doctorCommand } from "./commands/doctor.js";
import { embedCommand } from "./commands/embed.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { exportCommand } from "./commands/export.js";
import { mineCommand } from "./commands/mine.js";
import { objectivesCommand } from "./commands/objectives.js";
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
  for (const command of [
    trainCommand(),
    evaluateCommand(),
    embedCommand(),
    exportCommand(),
    dataCommand(),
    mineCommand(),
    doctorCommand(),
    objectivesCommand(),
  ]) {
    program.addCommand(command);
  }
  for (const command of withDescendants(program)) command.exitOverride();
  return program;
}

/** A command, its subcommands and theirs. */
function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
