import { Command } from "commander";
import { addGroups } from "../options/add-options.js";
import { commandFlags } from "../options/command-flags.js";

/** `embtune report RUN…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function reportCommand(all: boolean): Command {
  const command = new Command("report")
    .description("write a run, or several runs side by side, as one HTML page with charts")
    .argument("<run...>", "run folders")
    .usage("RUN [RUN…] [--out FILE] [options]");
  return addGroups(command, commandFlags.report, all).action(
    async (runs: string[], _, self: Command) => {
      const { runReport } = await import("../actions/report.js");
      await runReport(runs, self);
    },
  );
}
