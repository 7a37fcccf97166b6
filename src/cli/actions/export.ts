import type { Command } from "commander";
import { UserError } from "../../errors/user-error.js";
import { exportModel } from "../../jobs/export.js";
import { exportTable, folderOptions } from "../../jobs/options/export.js";
import { formatExport } from "../../report/export-summary.js";
import { modelNote, underName } from "../model-note.js";
import { flagsOf, typedOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune export` does. A verification that fails is an error after the result. */
export async function runExport(model: string | undefined, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { to } = flagsOf(command, folderOptions);
  const report = await exportModel({
    ...typedOptions(command, exportTable),
    to,
    model,
    onEvent: (event) =>
      terminal.note(
        event.type === "model" ? modelNote(underName(event.info, model)) : event.message,
      ),
  });
  terminal.result(terminal.json ? JSON.stringify(report, null, 2) : formatExport(report));
  const { verification } = report;
  if (verification === undefined || verification.passed) return;
  throw new UserError(
    "verification-failed",
    `vectors of the folder differ by ${verification.largestDifference.toExponential(2)}, more than ${verification.tolerance}`,
    { at: { file: to } },
  );
}
