import type { Command } from "commander";
import { evaluate } from "../../jobs/evaluate.js";
import { evaluateTable, taskFlags } from "../../jobs/options/evaluate.js";
import { formatReports } from "../../report/scores.js";
import { outputSignal } from "../interrupt.js";
import { measuringProgress } from "../measuring-progress.js";
import { flagsOf, jobOptions, typedOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune evaluate` does. */
export async function runEvaluate(data: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const progress = measuringProgress(terminal);
  const reports = await evaluate({
    ...jobOptions(command, evaluateTable),
    data,
    taskOptions: typedOptions(command, taskFlags),
    signal: outputSignal(),
    onEvent: progress.onEvent,
  }).finally(progress.stop);
  if (terminal.json) terminal.result(JSON.stringify(reports, null, 2));
  else terminal.result(formatReports(reports, terminal.width));
}
