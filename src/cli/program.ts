import { Command } from "commander";
import { packageVersion } from "../files/version.js";
import { withHelp } from "./options/add-options.js";

/** A command of the program. */
interface Entry {
  readonly description: string;
  /** Adds its arguments, options and action. Its module, with the tables of its options, is imported only then. */
  readonly declare: (command: Command, all: boolean) => Promise<void>;
}

/** The commands in the order of --help. */
const entries: Readonly<Record<string, Entry>> = {
  train: {
    description:
      "fine-tune on pairs, triplets, classes, scores or NLI rows; writes a run folder with the tuned model in model/",
    declare: async (command, all) =>
      (await import("./commands/train.js")).declareTrain(command, all),
  },
  evaluate: {
    description:
      "score models on scored or labelled pairs, triplets, (anchor, positive) pairs, classes or retrieval",
    declare: async (command, all) =>
      (await import("./commands/evaluate.js")).declareEvaluate(command, all),
  },
  compare: {
    description: "compare runs and models: options, figures with intervals, time, size",
    declare: async (command, all) =>
      (await import("./commands/compare.js")).declareCompare(command, all),
  },
  embed: {
    description: "write the vector of each text to a file, in order",
    declare: async (command, all) =>
      (await import("./commands/embed.js")).declareEmbed(command, all),
  },
  report: {
    description: "write a run, or several runs side by side, as one HTML page with charts",
    declare: async (command, all) =>
      (await import("./commands/report.js")).declareReport(command, all),
  },
  export: {
    description: "write a model folder that other programs load",
    declare: async (command, all) =>
      (await import("./commands/export.js")).declareExport(command, all),
  },
  data: {
    description: "look at data, convert it, split it",
    declare: async (command, all) => (await import("./commands/data.js")).declareData(command, all),
  },
  mine: {
    description:
      "add hard negatives to pairs: texts near to the anchor that are none of its positives",
    declare: async (command, all) => (await import("./commands/mine.js")).declareMine(command, all),
  },
  search: {
    description: "the nearest texts of a query, under the base and a tuned model side by side",
    declare: async (command, all) =>
      (await import("./commands/search.js")).declareSearch(command, all),
  },
  similar: {
    description:
      "nearest pairs, near-duplicates and rows whose label disagrees with their neighbours",
    declare: async (command, all) =>
      (await import("./commands/similar.js")).declareSimilar(command, all),
  },
  distill: {
    description:
      "make a small, fast encoder of one's own out of a large one and texts without labels",
    declare: async (command, all) =>
      (await import("./commands/distill.js")).declareDistill(command, all),
  },
  doctor: {
    description: "what this machine, this installation and a model can do, and what to do about it",
    declare: async (command, all) =>
      (await import("./commands/doctor.js")).declareDoctor(command, all),
  },
  objectives: {
    description: "list the objectives with their rows, formulas and defaults, or show one",
    declare: async (command, all) =>
      (await import("./commands/objectives.js")).declareObjectives(command, all),
  },
  completion: {
    description: "print what makes a shell complete commands, options and their words",
    declare: async (command, all) =>
      (await import("./commands/completion.js")).declareCompletion(command, all),
  },
};

/**
 * The whole command line, or with `typed` what these words ask for: the other commands have their names and descriptions alone, since
 * the tables of all options take longer to load than most commands run. The modules of the commands declare options only; what does the
 * work is imported when a command runs. `all`: --help shows every option of a command.
 */
export async function createProgram(all = false, typed?: readonly string[]): Promise<Command> {
  const program = withHelp(new Command("embtune"), { all, common: new Set() })
    .description(
      "Fine-tune sentence embeddings by contrastive learning, on a CPU, with Node alone.",
    )
    .version(packageVersion())
    .showHelpAfterError("(--help lists commands and options)")
    .showSuggestionAfterError(true)
    .enablePositionalOptions();
  const wanted = wantedOf(typed);
  for (const [name, { description, declare }] of Object.entries(entries)) {
    const command = program.command(name).description(description);
    if (wanted === undefined || wanted === name) await declare(command, all);
  }
  for (const command of withDescendants(program)) command.exitOverride();
  return program;
}

/** The command that words ask for: the first, or after `help` the next; undefined: all, as `completion` shows all. */
function wantedOf(typed: readonly string[] | undefined): string | undefined {
  const [first = "", second = ""] = typed?.filter((word) => !word.startsWith("-")) ?? [
    "completion",
  ];
  const name = first === "help" ? second : first;
  return name === "completion" ? undefined : name;
}

/** A command, its subcommands and theirs. */
function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
