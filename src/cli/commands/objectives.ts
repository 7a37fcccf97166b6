import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune objectives [NAME]` and `embtune objectives check FILE…`: declares the options. */
export function objectivesCommand(all: boolean): Command {
  const command = new Command("objectives")
    .description("list the objectives with their rows, formulas and defaults, or show one")
    .argument("[name]", "one objective: formula, picture, options, source")
    .usage("[NAME] [--json] | check FILE… [--json] [--float32]")
    .enablePositionalOptions()
    .addCommand(checkCommand(all));
  return addGroups(command, commandFlags.objectives, all).action(
    async (name: string | undefined, _, self: Command) => {
      const { runObjectives } = await import("../actions/objectives.js");
      runObjectives(name, self);
    },
  );
}

function checkCommand(all: boolean): Command {
  const command = new Command("check")
    .description(
      "compute loss and gradients of the cases of golden files and compare them; exit code 1 when one is out of tolerance",
    )
    .argument("<files...>", "JSON files in the format of test/golden/README.md");
  return addGroups(command, commandFlags["objectives check"], all).action(
    async (files: string[], _, self: Command) => {
      const { runObjectivesCheck } = await import("../actions/objectives.js");
      await runObjectivesCheck(files, self);
    },
  );
}
