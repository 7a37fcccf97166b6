import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune export MODEL`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function exportCommand(all: boolean): Command {
  const command = new Command("export")
    .description("write a model folder that other programs load")
    .argument("[model]", "run folder, RUN:step, model folder or hub id (default: the bundled one)")
    .usage("RUN --to DIR [--format both] [--dtype q8] [--verify]");
  return addGroups(command, commandFlags.export, all).action(
    async (model: string | undefined, _, self: Command) => {
      const { runExport } = await import("../actions/export.js");
      await runExport(model, self);
    },
  );
}
