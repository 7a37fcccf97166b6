import { Command, Option } from "commander";
import { addObjectiveOptions } from "../objective-options.js";
import {
  mapping,
  numberWithin,
  wholeNumber,
  withCommonOptions,
  withModelOptions,
} from "../parse.js";
import { parsePrompts } from "../parse-prompts.js";
import { parseSweep } from "../parse-sweep.js";
import { withReaderOptions } from "../reader-options.js";

/** `embtune train DATA…`: declares the options; what does the work is imported when it runs. */
export function trainCommand(): Command {
  const command = new Command("train")
    .description(
      "fine-tune on pairs, triplets, classes, scores or NLI rows; writes a run folder with the tuned model in model/",
    )
    .argument("[data...]", "files with rows that the objective takes: embtune objectives")
    .usage("DATA… --eval FILE --out DIR [options]");
  addRunOptions(command);
  addDataOptions(command);
  addModelOptions(command);
  addTuneOptions(command);
  addOptimizerOptions(command);
  command.optionsGroup("Objective:");
  addObjectiveOptions(command);
  command.option(
    "--sweep <option=a,b,…>",
    "train once with each value of an option and compare the runs in one table",
    parseSweep,
  );
  addOtherModels(command);
  command.optionsGroup("Common:");
  return withCommonOptions(command).action(async (data: string[], _, self: Command) => {
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
    .option("--eval-corpus <file>", "documents that the queries of --eval search (retrieval)")
    .option("--eval-qrels <file>", "which documents are relevant to which query of --eval")
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
      "write a checkpoint every so many steps (default: as --eval-every's, later where they would take over 5 % of the time)",
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
    .option(
      "--mix <how>",
      "how batches of several files alternate: proportional, round-robin or temperature:0.5",
      "proportional",
    )
    .option("--require-negatives", "drop NLI premises without a contradiction")
    .option("--drop-leaks", "leave out training rows that share a text with the --eval file")
    .option(
      "--no-shuffle",
      "file order, consecutive rows, no care for duplicates and false negatives",
    )
    .option(
      "--augment <list>",
      "views of single texts: deletion:0.1,crop:0.1,repetition:0.2,token-cutoff:0.1,dropout:0.1,feature-cutoff:0.1,noise:0.1,mixup:0.1",
    )
    .option(
      "--augment-views <n>",
      "views made of each text by deletion, crop and repetition; an epoch uses two",
      wholeNumber(2),
      4,
    );
  withReaderOptions(command);
}

function addModelOptions(command: Command): void {
  withModelOptions(command.optionsGroup("Model:"))
    .option(
      "--prompts <map>",
      'query="query: ",document="passage: " before anchors, and before positives and negatives, or one text before all; goes into model/',
      parsePrompts,
    )
    .option("--tune <what>", "what is trained: head, last:K (layers), lora or full", "head")
    .addOption(
      new Option(
        "--head <kind>",
        "projection on top of the encoder (default: linear with --tune head, otherwise none)",
      ).choices(["linear", "mlp", "none"]),
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

function addTuneOptions(command: Command): void {
  command
    .optionsGroup("Encoder (--tune last:K, lora, full):")
    .option("--lora-rank <r>", "rank of the adapters", wholeNumber(1), 8)
    .option("--lora-alpha <a>", "adapters are scaled by alpha/rank", numberWithin(0), 16)
    .option(
      "--lora-targets <names>",
      "linear maps that get an adapter: query, key, value, attention-output, intermediate, output, all-linear (default: query,value)",
      (text: string) => text.split(",").map((name) => name.trim()),
    )
    .addOption(
      new Option("--freeze <part>", "with --tune full: keep the embedding tables").choices([
        "embeddings",
      ]),
    )
    .option(
      "--layer-decay <f>",
      "factor on the rate of each layer below the last",
      numberWithin(0, 1),
      1,
    )
    .option(
      "--dropout <p>",
      "probability of dropping elements, or config: the rates of the model's config.json",
      (text: string) => (text === "config" ? text : numberWithin(0, 1)(text)),
      0,
    )
    .option(
      "--mini-batch-tokens <n>",
      "embed at most so many tokens at once: large batches in little memory, the same gradient",
      wholeNumber(1),
    )
    .option("--accumulate <k>", "batches whose gradients make one update", wholeNumber(1), 1);
}

function addOtherModels(command: Command): void {
  command
    .option(
      "--guide <model>",
      "model that finds false negatives: candidates nearer to the anchor than its positive",
    )
    .option("--teacher <model>", "model to imitate, for distill-mse, distill-cosine and margin-mse")
    .option(
      "--teacher-vectors <file>",
      ".npy file with the teacher's vector of each row of the data, in place of --teacher",
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
      "--per-class <m>",
      "texts of a class that come together in a batch of classed texts",
      wholeNumber(2),
      4,
    )
    .option(
      "--lr <rate>",
      "peak learning rate (default: 1e-3 head, 1e-4 lora, 2e-5 otherwise)",
      numberWithin(0, Number.POSITIVE_INFINITY, true),
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
