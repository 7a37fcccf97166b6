import { Command } from "commander";
import { objectivesCheckFlags, objectivesFlags } from "../flags/objectives.js";
import { addGroups } from "../options/add-options.js";

/** `embtune objectives [NAME]` and `embtune objectives check FILE…`: declares the options. */
export function declareObjectives(command: Command, all: boolean): void {
  command
    .argument("[name]", "one objective: formula, picture, options, source")
    .usage("[NAME] [--json] | check FILE… [--json] [--float32]")
    .enablePositionalOptions()
    .addCommand(checkCommand(all));
  addGroups(command, objectivesFlags, all).action(
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
  return addGroups(command, objectivesCheckFlags, all).action(
    async (files: string[], _, self: Command) => {
      const { runObjectivesCheck } = await import("../actions/objectives.js");
      await runObjectivesCheck(files, self);
    },
  );
}
