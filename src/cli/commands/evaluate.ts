import { Command, InvalidArgumentError } from "commander";
import type { VectorPrecision } from "../../jobs/vector-forms.js";
import { mapping, wholeNumber, withCommonOptions, withModelSettings } from "../parse.js";
import { parsePrompts } from "../parse-prompts.js";
import { withReaderOptions } from "../reader-options.js";
import { addTaskOptions } from "../task-options.js";

/** `embtune evaluate DATA…`: declares the options; what does the work is imported when it runs. */
export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description(
      "score models on scored or labelled pairs, triplets, (anchor, positive) pairs, classes or retrieval",
    )
    .argument("<data...>", "CSV files")
    .usage("DATA… [--model RUN] [--base MODEL] [options]")
    .option(
      "--base <model>",
      "model to compare with (default for a run folder: the model it started from)",
    )
    .option(
      "--model <model>",
      "model folder, run folder or hub id org/name; given several times: several side by side (default: the bundled embtune-mini-en)",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option("--corpus <file>", "the documents that the queries search (implies --task retrieval)")
    .option(
      "--qrels <file>",
      "which documents are relevant to which query, BEIR or TREC (implies --task retrieval)",
    )
    .option(
      "--trec-run <file>",
      "with --task retrieval: write what the queries find, in TREC's format",
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
  addFormOptions(command);
  withModelSettings(command).option(
    "--prompts <map>",
    'query="query: ",document="passage: " for queries and documents, or one text for all (default: the model\'s)',
    parsePrompts,
  );
  return withCommonOptions(command).action(async (data: string[], _, self: Command) => {
    const { runEvaluate } = await import("../actions/evaluate.js");
    await runEvaluate(data, self);
  });
}

const precisions: readonly VectorPrecision[] = ["int8", "binary"];

/** The forms in which vectors are measured beside the model's own. */
function addFormOptions(command: Command): void {
  command
    .option(
      "--dim <a,b,…>",
      "also measure vectors cut to their first numbers, a row each",
      (text: string) => text.split(",").map(wholeNumber(1)),
    )
    .option(
      "--analyse",
      "look at the vectors: alignment, uniformity, rank, hubs, neighbours, margins",
    )
    .option(
      "--rows <file>",
      "write a line a row or query under base and model: .csv, .tsv or .jsonl",
    )
    .option(
      "--top <n>",
      "show the n rows that improved most and that were harmed most",
      wholeNumber(1),
    )
    .option("--precision <a,b>", "also measure vectors as int8 or binary", (text: string) =>
      text.split(",").map(precisionNamed),
    );
}

function precisionNamed(text: string): VectorPrecision {
  const found = precisions.find((precision) => precision === text.trim());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`It must be ${precisions.join(" or ")}.`);
}
