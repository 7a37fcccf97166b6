import type { Command } from "commander";
import { exportFlags } from "../flags/export.js";
import { addGroups } from "../options/add-options.js";

/** `embtune export MODEL`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareExport(command: Command, all: boolean): void {
  command
    .argument("[model]", "run folder, RUN:step, model folder or hub id (default: the bundled one)")
    .usage("RUN --to DIR [--format both] [--dtype q8] [--verify]");
  addGroups(command, exportFlags, all).action(
    async (model: string | undefined, _, self: Command) => {
      const { runExport } = await import("../actions/export.js");
      await runExport(model, self);
    },
  );
}
