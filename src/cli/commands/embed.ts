import type { Command } from "commander";
import { embedFlags } from "../flags/embed.js";
import { addGroups } from "../options/add-options.js";

/** `embtune embed DATA`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareEmbed(command: Command, all: boolean): void {
  command
    .argument("[data]", 'file with a text column, or .txt with a text a line; "-": standard input')
    .usage("DATA --out vectors.npy [--model RUN] [options]");
  addGroups(command, embedFlags, all).action(async (data: string | undefined, _, self: Command) => {
    const { runEmbed } = await import("../actions/embed.js");
    await runEmbed(data, self);
  });
}
