import type { Command } from "commander";
import { checkFiles } from "../../jobs/check-objectives.js";
import { objectivePage } from "../../objectives/document.js";
import { objectiveNamed, objectives } from "../../objectives/registry.js";
import { commonOptions } from "../../options/common-options.js";
import { formatChecks } from "../../report/objective-check.js";
import { formatObjectives, objectiveRecord } from "../../report/objectives.js";
import { plainPage } from "../../report/plain-page.js";
import { openRuntime } from "../../runtime/runtime.js";
import { checkFlags } from "../flags/objectives.js";
import { flagsOf } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune objectives [NAME]` does. */
export function runObjectives(name: string | undefined, command: Command): void {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  if (name === undefined) {
    terminal.result(
      terminal.json
        ? JSON.stringify(objectives.map(objectiveRecord), null, 2)
        : formatObjectives(terminal.width),
    );
    return;
  }
  const definition = objectiveNamed(name);
  terminal.result(
    terminal.json
      ? JSON.stringify(objectiveRecord(definition), null, 2)
      : plainPage(objectivePage(definition), terminal.width),
  );
}

/** What `embtune objectives check FILE…` does. */
export async function runObjectivesCheck(
  files: readonly string[],
  command: Command,
): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { threads, float32 } = flagsOf(command, { ...commonOptions, ...checkFlags });
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const dtype = float32 ? "float32" : "float64";
    const reports = await checkFiles(files, dtype, runtime);
    terminal.result(terminal.json ? JSON.stringify(reports, null, 2) : formatChecks(reports));
    if (reports.some(({ passed }) => !passed)) process.exitCode = 1;
  } finally {
    await runtime.close();
  }
}
