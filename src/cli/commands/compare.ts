import type { Command } from "commander";
import { compareFlags } from "../flags/compare.js";
import { addGroups } from "../options/add-options.js";

/** `embtune compare RUN|MODEL…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareCompare(command: Command, all: boolean): void {
  command
    .argument("<models...>", "run folders, model folders or hub ids; the first is compared with")
    .usage("RUN|MODEL… [--data FILE] [--fail-below 0.8] [--fail-if-worse] [options]");
  addGroups(command, compareFlags, all).action(async (models: string[], _, self: Command) => {
    const { runCompare } = await import("../actions/compare.js");
    await runCompare(models, self);
  });
}
