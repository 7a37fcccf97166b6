import { Command, Option } from "commander";
import { addObjectiveOptions } from "../objective-options.js";
import {
  mapping,
  numberWithin,
  wholeNumber,
  withCommonOptions,
  withModelOptions,
} from "../parse.js";

/** `embtune train DATA…`: declares the options; what does the work is imported when it runs. */
export function trainCommand(): Command {
  const command = new Command("train")
    .description(
      "fine-tune on pairs or NLI rows; writes a run folder with the tuned model in model/",
    )
    .argument("[data]", "CSV file: anchor,positive[,negative…] or premise,hypothesis,label")
    .usage("DATA --eval FILE --out DIR [options]");
  addRunOptions(command);
  addDataOptions(command);
  addModelOptions(command);
  addOptimizerOptions(command);
  command.optionsGroup("Objective:");
  addObjectiveOptions(command);
  command.optionsGroup("Common:");
  return withCommonOptions(command).action(async (data: string | undefined, _, self: Command) => {
    const { runTrain } = await import("../actions/train.js");
    await runTrain(data, self);
  });
}

function addRunOptions(command: Command): void {
  command
    .optionsGroup("Run:")
    .option("--out <dir>", "run folder (default: runs/<data>-<objective>-<n>)")
    .option("--overwrite", "replace the run that --out names")
    .option(
      "--resume <run>",
      "go on with an interrupted run, exactly where its newest checkpoint stands",
    )
    .option(
      "--resume-anyway",
      "with --resume: go on although data, base model or options have changed",
    )
    .option(
      "--config <file>",
      "options from a JSON file by their long names; the command line wins",
    )
    .option("--dry-run", "show columns, rows and plan, train nothing and write nothing")
    .option(
      "--eval <file>",
      "data that selects the best checkpoint (default: a held-out tenth of the anchors)",
    )
    .option(
      "--eval-every <steps>",
      "evaluate every so many steps (default: an epoch, at most 500)",
      wholeNumber(1),
    )
    .option(
      "--metric <key>",
      "metric that selects, e.g. spearman_cosine (default: by the data of --eval)",
    )
    .option(
      "--patience <n>",
      "stop after n evaluations without a better one (default: never)",
      wholeNumber(1),
    )
    .option(
      "--save-every <steps>",
      "write a checkpoint every so many steps (default: as --eval-every's)",
      wholeNumber(1),
    )
    .option("--keep <n>", "checkpoints that are kept", wholeNumber(1), 3)
    .addOption(
      new Option("--log-format <format>", "csv: write log.csv beside log.jsonl")
        .choices(["jsonl", "csv"])
        .default("jsonl"),
    );
}

function addDataOptions(command: Command): void {
  command
    .optionsGroup("Data:")
    .option("--columns <map>", "role=column,…, e.g. anchor=question,positive=answer", mapping)
    .option(
      "--label-map <map>",
      "label=value,…, for integer NLI labels: entailment=0,neutral=1,contradiction=2",
      mapping,
    )
    .option("--require-negatives", "drop NLI premises without a contradiction")
    .option(
      "--no-shuffle",
      "file order, consecutive rows, no care for duplicates and false negatives",
    );
}

function addModelOptions(command: Command): void {
  withModelOptions(command.optionsGroup("Model:"))
    .addOption(new Option("--tune <what>", "what is trained").choices(["head"]).default("head"))
    .addOption(
      new Option("--head <kind>", "projection on top of the encoder")
        .choices(["linear", "mlp"])
        .default("linear"),
    )
    .option(
      "--head-dim <d>",
      "dimensions of the tuned embedding (default: the encoder's)",
      wholeNumber(1),
    )
    .option(
      "--head-hidden <d>",
      "hidden size of --head mlp (default: the encoder's dimensions)",
      wholeNumber(1),
    )
    .addOption(
      new Option(
        "--head-side <side>",
        "query: only anchors go through the head, an indexed corpus stays valid",
      )
        .choices(["both", "query"])
        .default("both"),
    );
}

function addOptimizerOptions(command: Command): void {
  command
    .optionsGroup("Optimizer:")
    .option(
      "--epochs <n>",
      "passes over the data",
      numberWithin(0, Number.POSITIVE_INFINITY, true),
      1,
    )
    .option("--steps <n>", "number of updates, instead of --epochs", wholeNumber(1))
    .option("--batch-size <n>", "rows of an update", wholeNumber(1), 64)
    .option(
      "--lr <rate>",
      "peak learning rate",
      numberWithin(0, Number.POSITIVE_INFINITY, true),
      1e-3,
    )
    .option(
      "--scalar-lr <rate>",
      "peak rate of the objective's own parameters",
      numberWithin(0, Number.POSITIVE_INFINITY, true),
      1e-2,
    )
    .addOption(
      new Option("--schedule <name>", "learning rate after the warm-up")
        .choices(["linear", "cosine", "constant"])
        .default("linear"),
    )
    .option(
      "--warmup <n>",
      "below 1 a share of the steps, else a number of steps",
      numberWithin(0),
      0.1,
    )
    .option(
      "--weight-decay <w>",
      "AdamW's decoupled weight decay, not on biases",
      numberWithin(0),
      0.01,
    )
    .option("--max-grad-norm <n>", "clip the gradients' norm; 0: never", numberWithin(0), 1);
}
