import type { Command } from "commander";
import { trainFlags } from "../flags/train.js";
import { addObjectiveOptions } from "../objective-options.js";
import { addGroups } from "../options/add-options.js";

/** `embtune train DATA…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function declareTrain(command: Command, all: boolean): void {
  command
    .argument("[data...]", "files with rows that the objective takes: embtune objectives")
    .usage("DATA… --eval FILE --out DIR [options]");
  addGroups(command, trainFlags(), all);
  addObjectiveOptions(command.optionsGroup("Objective:"));
  command.action(async (data: string[], _, self: Command) => {
    const { runTrain } = await import("../actions/train.js");
    await runTrain(data, self);
  });
}
