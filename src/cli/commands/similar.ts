import type { Command } from "commander";
import { similarFlags } from "../flags/search.js";
import { addGroups } from "../options/add-options.js";

/** `embtune similar FILE`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareSimilar(command: Command, all: boolean): void {
  command
    .argument("<file>", "rows of any kind")
    .usage("FILE [--model M] [--threshold 0.95] [options]");
  addGroups(command, similarFlags, all).action(async (file: string, _, self: Command) => {
    const { runSimilar } = await import("../actions/similar.js");
    await runSimilar(file, self);
  });
}
