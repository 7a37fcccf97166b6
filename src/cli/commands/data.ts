import { Command } from "commander";
import { inspectFlags, prepareFlags, splitFlags } from "../flags/data.js";
import { addGroups, withHelp } from "../options/add-options.js";

/** `embtune data inspect|prepare|split`: declares the options; what does the work is imported when it runs. */
export function declareData(command: Command, all: boolean): void {
  withHelp(command, { all, common: new Set() })
    .showHelpAfterError("(--help lists commands and options)")
    .addCommand(inspectCommand(all))
    .addCommand(prepareCommand(all))
    .addCommand(splitCommand(all));
}

function inspectCommand(all: boolean): Command {
  const command = new Command("inspect")
    .description("say what is in data files and what to do about it")
    .argument("<files...>", "data files, gzipped or not; - is standard input")
    .usage("FILE… [--html OUT] [options]");
  return addGroups(command, inspectFlags, all).action(async (files: string[], _, self: Command) => {
    const { runInspect } = await import("../actions/data-inspect.js");
    await runInspect(files, self);
  });
}

function prepareCommand(all: boolean): Command {
  const command = new Command("prepare")
    .description(
      "make pairs, triplets, labelled or scored pairs or classes of a file, and account for every row",
    )
    .argument("<file>", "data file; with --corpus and --qrels the queries")
    .usage("FILE --as pairs --out FILE [options]");
  return addGroups(command, prepareFlags, all).action(async (file: string, _, self: Command) => {
    const { runPrepare } = await import("../actions/data-prepare.js");
    await runPrepare(file, self);
  });
}

function splitCommand(all: boolean): Command {
  const command = new Command("split")
    .description(
      "split a file into parts to train on and to measure on, without a text on two sides",
    )
    .argument("<file>", "data file")
    .usage("FILE --out DIR [--eval 0.1] [--test-part 0.1] [--by connected] [options]");
  return addGroups(command, splitFlags, all).action(async (file: string, _, self: Command) => {
    const { runSplit } = await import("../actions/data-split.js");
    await runSplit(file, self);
  });
}
