import { Command } from "commander";
import { addObjectiveOptions } from "../objective-options.js";
import { addGroups } from "../options/add-options.js";
import { trainFlags } from "../options/train-flags.js";

/** `embtune train DATA…`: declares the options; what does the work is imported when it runs. `all`: --help shows every option. */
export function trainCommand(all: boolean): Command {
  const command = new Command("train")
    .description(
      "fine-tune on pairs, triplets, classes, scores or NLI rows; writes a run folder with the tuned model in model/",
    )
    .argument("[data...]", "files with rows that the objective takes: embtune objectives")
    .usage("DATA… --eval FILE --out DIR [options]");
  addGroups(command, trainFlags(), all);
  addObjectiveOptions(command.optionsGroup("Objective:"));
  return command.action(async (data: string[], _, self: Command) => {
    const { runTrain } = await import("../actions/train.js");
    await runTrain(data, self);
  });
}
