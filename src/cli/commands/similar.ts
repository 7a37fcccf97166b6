import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune similar FILE`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function similarCommand(all: boolean): Command {
  const command = new Command("similar")
    .description(
      "nearest pairs, near-duplicates and rows whose label disagrees with their neighbours",
    )
    .argument("<file>", "rows of any kind")
    .usage("FILE [--model M] [--threshold 0.95] [options]");
  return addGroups(command, commandFlags.similar, all).action(
    async (file: string, _, self: Command) => {
      const { runSimilar } = await import("../actions/similar.js");
      await runSimilar(file, self);
    },
  );
}
