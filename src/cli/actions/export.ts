import type { Command } from "commander";
import { UserError } from "../../errors/user-error.js";
import { exportModel } from "../../jobs/export.js";
import { formatExport } from "../../report/export-summary.js";
import { modelNote } from "../model-note.js";
import type { CommonOptions, ModelOptions } from "../parse.js";
import { openTerminal } from "../terminal.js";

interface Flags extends CommonOptions, ModelOptions {
  readonly to: string;
  readonly format: "transformersjs" | "sentence-transformers" | "both" | "fastembed";
  readonly dtype: "fp32" | "fp16" | "q8";
  readonly adapter?: boolean;
  readonly eval?: string;
  readonly verify?: boolean;
}

/** What `embtune export` does. A verification that fails is an error after the result. */
export async function runExport(model: string | undefined, command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  const report = await exportModel({
    ...flags,
    model,
    onEvent: (event) =>
      terminal.note(event.type === "model" ? modelNote(event.info) : event.message),
  });
  terminal.result(terminal.json ? JSON.stringify(report, null, 2) : formatExport(report));
  const { verification } = report;
  if (verification === undefined || verification.passed) return;
  throw new UserError(
    "verification-failed",
    `vectors of the folder differ by ${verification.largestDifference.toExponential(2)}, more than ${verification.tolerance}`,
    { at: { file: flags.to } },
  );
}
