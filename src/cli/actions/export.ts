import type { Command } from "commander";
import { UserError, usageError } from "../../errors/user-error.js";
import { exportModel } from "../../jobs/export.js";
import { exportRecipe } from "../../jobs/export-recipe.js";
import { exportTable, folderOptions, recipeOption } from "../../jobs/options/export.js";
import { formatExport, formatRecipe } from "../../report/export-summary.js";
import { modelNote, underName } from "../model-note.js";
import { flagsOf, typedNames, typedOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune export` does. A verification that fails is an error after the result. */
export async function runExport(model: string | undefined, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { to } = flagsOf(command, folderOptions);
  const { recipe } = flagsOf(command, recipeOption);
  if (recipe !== undefined) return runRecipe(model, command);
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

async function runRecipe(run: string | undefined, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { to: _, ...others } = exportTable;
  const [idle] = typedNames(command, others);
  if (idle !== undefined)
    throw usageError(
      "option-without-effect",
      `--${idle} has no effect beside --recipe, which writes the run as it was`,
      "leave it out",
    );
  if (run === undefined)
    throw usageError("no-run", "no run given", "embtune export RUN --recipe torch --to DIR");
  const recipe = await exportRecipe({ run, to: flagsOf(command, folderOptions).to });
  terminal.result(terminal.json ? JSON.stringify(recipe, null, 2) : formatRecipe(recipe));
}
