import { Command } from "commander";
import { packageVersion } from "../files/version.js";
import { compareCommand } from "./commands/compare.js";
import { completionCommand } from "./commands/completion.js";
import { dataCommand } from "./commands/data.js";
import { distillCommand } from "./commands/distill.js";
import { doctorCommand } from "./commands/doctor.js";
import { embedCommand } from "./commands/embed.js";
import { evaluateCommand } from "./commands/evaluate.js";
import { exportCommand } from "./commands/export.js";
import { mineCommand } from "./commands/mine.js";
import { objectivesCommand } from "./commands/objectives.js";
import { reportCommand } from "./commands/report.js";
import { searchCommand } from "./commands/search.js";
import { similarCommand } from "./commands/similar.js";
import { trainCommand } from "./commands/train.js";
import { withHelp } from "./options/add-options.js";

/**
 * The whole command line. The modules of the commands declare options only; what does the work is imported when a
 * command runs, so that `--help` stays fast. `all`: --help shows every option of a command.
 */
export function createProgram(all = false): Command {
  const program = withHelp(new Command("embtune"), { all, common: new Set() })
    .description(
      "Fine-tune sentence embeddings by contrastive learning, on a CPU, with Node alone.",
    )
    .version(packageVersion())
    .showHelpAfterError("(--help lists commands and options)")
    .showSuggestionAfterError(true)
    .enablePositionalOptions();
  for (const command of [
    trainCommand(all),
    evaluateCommand(all),
    compareCommand(all),
    embedCommand(all),
    reportCommand(all),
    exportCommand(all),
    dataCommand(all),
    mineCommand(all),
    searchCommand(all),
    similarCommand(all),
    distillCommand(all),
    doctorCommand(all),
    objectivesCommand(all),
    completionCommand(all),
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
