import type { Command } from "commander";
import { mineFlags } from "../flags/mine.js";
import { addGroups } from "../options/add-options.js";

/** `embtune mine DATA`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareMine(command: Command, all: boolean): void {
  command
    .argument("[data]", "pairs, or rows that are converted to pairs")
    .usage("DATA --out FILE [--model M] [--corpus FILE] [options]");
  addGroups(command, mineFlags, all).action(async (data: string | undefined, _, self: Command) => {
    const { runMine } = await import("../actions/mine.js");
    await runMine(data, self);
  });
}
