import type { Command } from "commander";
import { reportFlags } from "../flags/report.js";
import { addGroups } from "../options/add-options.js";

/** `embtune report RUN…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareReport(command: Command, all: boolean): void {
  command.argument("<run...>", "run folders").usage("RUN [RUN…] [--out FILE] [options]");
  addGroups(command, reportFlags, all).action(async (runs: string[], _, self: Command) => {
    const { runReport } = await import("../actions/report.js");
    await runReport(runs, self);
  });
}
