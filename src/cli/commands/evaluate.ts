import type { Command } from "commander";
import { evaluateFlags } from "../flags/evaluate.js";
import { addGroups } from "../options/add-options.js";

/** `embtune evaluate DATA…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareEvaluate(command: Command, all: boolean): void {
  command
    .argument("<data...>", "data files; with --task retrieval the queries")
    .usage("DATA… [--model RUN] [--base MODEL] [options]");
  addGroups(command, evaluateFlags, all).action(async (data: string[], _, self: Command) => {
    const { runEvaluate } = await import("../actions/evaluate.js");
    await runEvaluate(data, self);
  });
}
