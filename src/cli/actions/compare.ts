import type { Command } from "commander";
import { UserError } from "../../errors/user-error.js";
import { refuseExisting, writeNewFile } from "../../files/new-file.js";
import { compareModels } from "../../jobs/compare-models.js";
import { compareTable } from "../../jobs/options/compare.js";
import { formatModelComparison } from "../../report/model-comparison.js";
import { modelsPage } from "../../report/models-page.js";
import { comparisonPageFlags } from "../flags/compare.js";
import { outputSignal } from "../interrupt.js";
import { measuringProgress } from "../measuring-progress.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune compare` does. Throws UserError `not-good-enough` (exit code 3) after the result is printed. */
export async function runCompare(models: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const flags = flagsOf(command, comparisonPageFlags);
  const page = { option: "--html", overwrite: flags.overwrite };
  if (flags.html !== undefined) refuseExisting(flags.html, page);
  const progress = measuringProgress(terminal);
  const comparison = await compareModels({
    ...jobOptions(command, compareTable),
    models,
    signal: outputSignal(),
    onEvent: progress.onEvent,
  }).finally(progress.stop);
  if (terminal.json) terminal.result(JSON.stringify(comparison, null, 2));
  else terminal.result(formatModelComparison(comparison, terminal.width));
  if (flags.html !== undefined) {
    await writeNewFile(flags.html, await modelsPage(comparison), page);
    terminal.note(`page with charts: ${flags.html}`);
  }
  const { failures } = comparison;
  if (failures.length > 0)
    throw new UserError("not-good-enough", failures.join("\n       "), { exitCode: 3 });
}
