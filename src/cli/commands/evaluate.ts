import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune evaluate DATA…`: declares the options; what does the work is imported when it runs. */
export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description(
      "score a model on scored or labelled pairs, triplets, (anchor, positive) pairs, classes or retrieval",
    )
    .argument("<data...>", "data files; with --task retrieval the queries")
    .usage("DATA… [--model RUN] [--base MODEL] [options]");
  return addGroups(command, commandFlags.evaluate).action(
    async (data: string[], _, self: Command) => {
      const { runEvaluate } = await import("../actions/evaluate.js");
      await runEvaluate(data, self);
    },
  );
}
