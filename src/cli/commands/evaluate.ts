import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune evaluate DATA…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function evaluateCommand(all: boolean): Command {
  const command = new Command("evaluate")
    .description(
      "score models on scored or labelled pairs, triplets, (anchor, positive) pairs, classes or retrieval",
    )
    .argument("<data...>", "data files; with --task retrieval the queries")
    .usage("DATA… [--model RUN] [--base MODEL] [options]");
  return addGroups(command, commandFlags.evaluate, all).action(
    async (data: string[], _, self: Command) => {
      const { runEvaluate } = await import("../actions/evaluate.js");
      await runEvaluate(data, self);
    },
  );
}
