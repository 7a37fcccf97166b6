import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune compare RUN|MODEL…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function compareCommand(all: boolean): Command {
  const command = new Command("compare")
    .description("compare runs and models: options, figures with intervals, time, size")
    .argument("<models...>", "run folders, model folders or hub ids; the first is compared with")
    .usage("RUN|MODEL… [--data FILE] [--fail-below 0.8] [--fail-if-worse] [options]");
  return addGroups(command, commandFlags.compare, all).action(
    async (models: string[], _, self: Command) => {
      const { runCompare } = await import("../actions/compare.js");
      await runCompare(models, self);
    },
  );
}
