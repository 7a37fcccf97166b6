import type { Command } from "commander";
import { evaluate } from "../../jobs/evaluate.js";
import { evaluateTable, taskFlags } from "../../jobs/options/evaluate.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatReports } from "../../report/scores.js";
import { interruptSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import { flagsOf, jobOptions, typedOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune evaluate` does. */
export async function runEvaluate(data: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const reports = await evaluate({
    ...jobOptions(command, evaluateTable),
    data,
    taskOptions: typedOptions(command, taskFlags),
    signal: interruptSignal(),
    onEvent: (event) => {
      if (event.type === "data") terminal.note(formatDataSummary(event.dataset, []));
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "note") terminal.note(`note: ${event.message}`);
    },
  });
  if (terminal.json) terminal.result(JSON.stringify(reports, null, 2));
  else terminal.result(formatReports(reports));
}
