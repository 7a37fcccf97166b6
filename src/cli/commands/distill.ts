import type { Command } from "commander";
import { distillFlags } from "../flags/distill.js";
import { addGroups } from "../options/add-options.js";

/** `embtune distill CORPUS…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareDistill(command: Command, all: boolean): void {
  command
    .argument("<corpus...>", "texts: files with a text a line, or with a text column")
    .usage("CORPUS… --teacher MODEL --out DIR [--eval sts.csv] [options]");
  addGroups(command, distillFlags, all).action(
    async (corpus: readonly string[], _, self: Command) => {
      const { runDistill } = await import("../actions/distill.js");
      await runDistill(corpus, self);
    },
  );
}
