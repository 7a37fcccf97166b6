import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune search CORPUS [QUERY]`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function searchCommand(all: boolean): Command {
  const command = new Command("search")
    .description("the nearest texts of a query, under the base and a tuned model side by side")
    .argument("<corpus>", "texts to look through")
    .argument(
      "[query]",
      "what to look for; without it asked for on a terminal, else a line of standard input each",
    )
    .usage("CORPUS [QUERY] [--model RUN] [-k 10] [options]");
  return addGroups(command, commandFlags.search, all).action(
    async (corpus: string, query: string | undefined, _, self: Command) => {
      const { runSearch } = await import("../actions/search.js");
      await runSearch(corpus, query, self);
    },
  );
}
