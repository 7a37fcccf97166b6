import { Command } from "commander";
import { addObjectiveOptions } from "../objective-options.js";
import { addOptions } from "../options/add-options.js";
import { trainFlags } from "../options/train-flags.js";

/** `embtune train DATA…`: declares the options; what does the work is imported when it runs. */
export function trainCommand(): Command {
  const command = new Command("train")
    .description(
      "fine-tune on pairs, triplets, classes, scores or NLI rows; writes a run folder with the tuned model in model/",
    )
    .argument("[data...]", "files with rows that the objective takes: embtune objectives")
    .usage("DATA… --eval FILE --out DIR [options]");
  for (const [heading, table] of trainFlags()) {
    addOptions(command, table, heading);
    if (heading === "Objective") addObjectiveOptions(command);
  }
  return command.action(async (data: string[], _, self: Command) => {
    const { runTrain } = await import("../actions/train.js");
    await runTrain(data, self);
  });
}
