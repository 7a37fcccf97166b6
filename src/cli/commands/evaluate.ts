import { Command } from "commander";
import { mapping, withCommonOptions, withModelOptions } from "../parse.js";
import { parsePrompts } from "../parse-prompts.js";
import { withReaderOptions } from "../reader-options.js";
import { addTaskOptions } from "../task-options.js";

/** `embtune evaluate DATA…`: declares the options; what does the work is imported when it runs. */
export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description(
      "score a model on scored or labelled pairs, triplets, (anchor, positive) pairs, classes or retrieval",
    )
    .argument("<data...>", "CSV files")
    .usage("DATA… [--model RUN] [--base MODEL] [options]")
    .option(
      "--base <model>",
      "model to compare with (default for a run folder: the model it started from)",
    )
    .option("--corpus <file>", "with --task retrieval: the documents that the queries search")
    .option(
      "--qrels <file>",
      "with --task retrieval: which documents are relevant to which query (BEIR or TREC)",
    )
    .option("--exclude-self", "with --task retrieval: no query finds itself in the corpus")
    .option(
      "--train <file>",
      "classed texts to learn classes from (default: four fifths of the data)",
    )
    .option("--columns <map>", "role=column,…, e.g. sentence1=a,sentence2=b,score=s", mapping)
    .option("--label-map <map>", "label=value,…, for integer NLI labels", mapping);
  addTaskOptions(command);
  withReaderOptions(command);
  withModelOptions(command).option(
    "--prompts <map>",
    'query="query: ",document="passage: " for queries and documents, or one text for all (default: the model\'s)',
    parsePrompts,
  );
  return withCommonOptions(command).action(async (data: string[], _, self: Command) => {
    const { runEvaluate } = await import("../actions/evaluate.js");
    await runEvaluate(data, self);
  });
}
