import type { Command } from "commander";
import { UserError } from "../../errors/user-error.js";
import { compareModels } from "../../jobs/compare-models.js";
import { compareTable } from "../../jobs/options/compare.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatModelComparison } from "../../report/model-comparison.js";
import { interruptSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune compare` does. Throws UserError `not-good-enough` (exit code 3) after the result is printed. */
export async function runCompare(models: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const comparison = await compareModels({
    ...jobOptions(command, compareTable),
    models,
    signal: interruptSignal(),
    onEvent: (event) => {
      if (event.type === "data") terminal.note(formatDataSummary(event.dataset, []));
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "note") terminal.note(`note: ${event.message}`);
    },
  });
  if (terminal.json) terminal.result(JSON.stringify(comparison, null, 2));
  else terminal.result(formatModelComparison(comparison));
  const { failures } = comparison;
  if (failures.length > 0)
    throw new UserError("not-good-enough", failures.join("\n       "), { exitCode: 3 });
}
