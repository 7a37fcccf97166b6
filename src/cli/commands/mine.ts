import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune mine DATA`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function mineCommand(all: boolean): Command {
  const command = new Command("mine")
    .description(
      "add hard negatives to pairs: texts near to the anchor that are none of its positives",
    )
    .argument("[data]", "pairs, or rows that are converted to pairs")
    .usage("DATA --out FILE [--model M] [--corpus FILE] [options]");
  return addGroups(command, commandFlags.mine, all).action(
    async (data: string | undefined, _, self: Command) => {
      const { runMine } = await import("../actions/mine.js");
      await runMine(data, self);
    },
  );
}
