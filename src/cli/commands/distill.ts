import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune distill CORPUS…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function distillCommand(all: boolean): Command {
  const command = new Command("distill")
    .description(
      "make a small, fast encoder of one's own out of a large one and texts without labels",
    )
    .argument("<corpus...>", "texts: files with a text a line, or with a text column")
    .usage("CORPUS… --teacher MODEL --out DIR [--eval sts.csv] [options]");
  return addGroups(command, commandFlags.distill, all).action(
    async (corpus: readonly string[], _, self: Command) => {
      const { runDistill } = await import("../actions/distill.js");
      await runDistill(corpus, self);
    },
  );
}
