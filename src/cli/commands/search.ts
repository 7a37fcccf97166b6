import type { Command } from "commander";
import { searchFlags } from "../flags/search.js";
import { addGroups } from "../options/add-options.js";

/** `embtune search CORPUS [QUERY]`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareSearch(command: Command, all: boolean): void {
  command
    .argument("<corpus>", "texts to look through")
    .argument(
      "[query]",
      "what to look for; without it asked for on a terminal, else a line of standard input each",
    )
    .usage("CORPUS [QUERY] [--model RUN] [-k 10] [options]");
  addGroups(command, searchFlags, all).action(
    async (corpus: string, query: string | undefined, _, self: Command) => {
      const { runSearch } = await import("../actions/search.js");
      await runSearch(corpus, query, self);
    },
  );
}
