import { Command } from "commander";
import { mapping, withCommonOptions, withModelOptions } from "../parse.js";

/** `embtune evaluate DATA…`: declares the options; what does the work is imported when it runs. */
export function evaluateCommand(): Command {
  const command = new Command("evaluate")
    .description(
      "score a model: scored pairs by correlation, (anchor, positive) pairs by retrieval",
    )
    .argument("<data...>", "CSV files")
    .usage("DATA… [--model RUN] [--base MODEL] [options]")
    .option(
      "--base <model>",
      "model to compare with (default for a run folder: the model it started from)",
    )
    .option("--columns <map>", "role=column,…, e.g. sentence1=a,sentence2=b,score=s", mapping)
    .option("--label-map <map>", "label=value,…, for integer NLI labels", mapping);
  withModelOptions(command);
  return withCommonOptions(command).action(async (data: string[], _, self: Command) => {
    const { runEvaluate } = await import("../actions/evaluate.js");
    await runEvaluate(data, self);
  });
}
