import type { Command } from "commander";
import type { GivenPrompts } from "../../encoder/prompts.js";
import type { Task } from "../../evaluation/metric.js";
import { evaluate } from "../../jobs/evaluate.js";
import type { VectorPrecision } from "../../jobs/vector-forms.js";
import { formatDataSummary } from "../../report/data-summary.js";
import { formatReports } from "../../report/scores.js";
import { interruptSignal } from "../interrupt.js";
import { modelNote } from "../model-note.js";
import type { CommonOptions, ModelOptions } from "../parse.js";
import { type ReaderFlags, readerOptions } from "../reader-options.js";
import { taskOptionsOf } from "../task-options.js";
import { openTerminal } from "../terminal.js";

interface Flags extends CommonOptions, Omit<ModelOptions, "model">, ReaderFlags {
  readonly model?: readonly string[];
  readonly dim?: readonly number[];
  readonly precision?: readonly VectorPrecision[];
  readonly trecRun?: string;
  readonly analyse?: boolean;
  readonly rows?: string;
  readonly top?: number;
  readonly base?: string;
  readonly task?: Task;
  readonly corpus?: string;
  readonly qrels?: string;
  readonly excludeSelf?: boolean;
  readonly train?: string;
  readonly prompts?: GivenPrompts;
  readonly columns?: Record<string, string>;
  readonly labelMap?: Record<string, string>;
}

/** What `embtune evaluate` does. */
export async function runEvaluate(data: readonly string[], command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  const reports = await evaluate({
    ...flags,
    ...readerOptions(flags),
    data,
    dims: flags.dim,
    precisions: flags.precision,
    taskOptions: taskOptionsOf(command),
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
