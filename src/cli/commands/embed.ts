import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune embed DATA`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function embedCommand(all: boolean): Command {
  const command = new Command("embed")
    .description("write the vector of each text to a file, in order")
    .argument("[data]", 'file with a text column, or .txt with a text a line; "-": standard input')
    .usage("DATA --out vectors.npy [--model RUN] [options]");
  return addGroups(command, commandFlags.embed, all).action(
    async (data: string | undefined, _, self: Command) => {
      const { runEmbed } = await import("../actions/embed.js");
      await runEmbed(data, self);
    },
  );
}
