import type { Command } from "commander";
import { similarTable } from "../../jobs/options/search.js";
import { findSimilar } from "../../jobs/similar.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatSimilar } from "../../report/similar.js";
import { encodingProgress } from "../encoding-progress.js";
import { outputSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** Columns where the output does not say. */
const defaultWidth = 120;

/** What `embtune similar` does. */
export async function runSimilar(data: string, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const encoding = encodingProgress(terminal);
  const similar = await findSimilar({
    ...jobOptions(command, similarTable),
    data,
    signal: outputSignal(),
    onEvent: (event) => {
      if (event.type === "encoding") return encoding.show(event);
      encoding.stop();
      if (event.type === "data") terminal.note(formatDataSummary(event.dataset, []));
      if (event.type === "model") terminal.note(modelNote(event.info));
      if (event.type === "note") terminal.note(`note: ${event.message}`);
    },
  }).finally(encoding.stop);
  if (terminal.json) terminal.result(JSON.stringify(similar, null, 2));
  else terminal.result(formatSimilar(similar, process.stdout.columns ?? defaultWidth));
}
