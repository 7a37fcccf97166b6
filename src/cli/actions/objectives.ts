import type { Command } from "commander";
import { checkFiles } from "../../jobs/check-objectives.js";
import { objectivePage } from "../../objectives/document.js";
import { objectiveNamed, objectives } from "../../objectives/registry.js";
import { formatChecks } from "../../report/objective-check.js";
import { formatObjectives, objectiveRecord } from "../../report/objectives.js";
import { openRuntime } from "../../runtime/runtime.js";
import type { CommonOptions } from "../parse.js";
import { openTerminal } from "../terminal.js";

/** What `embtune objectives [NAME]` does. */
export function runObjectives(name: string | undefined, command: Command): void {
  const terminal = openTerminal(command.opts<CommonOptions>());
  if (name === undefined) {
    terminal.result(
      terminal.json ? JSON.stringify(objectives.map(objectiveRecord), null, 2) : formatObjectives(),
    );
    return;
  }
  const definition = objectiveNamed(name);
  terminal.result(
    terminal.json
      ? JSON.stringify(objectiveRecord(definition), null, 2)
      : objectivePage(definition),
  );
}

interface CheckFlags extends CommonOptions {
  readonly float32?: boolean;
}

/** What `embtune objectives check FILE…` does. */
export async function runObjectivesCheck(
  files: readonly string[],
  command: Command,
): Promise<void> {
  const flags = command.opts<CheckFlags>();
  const terminal = openTerminal(flags);
  const { threads } = flags;
  const runtime = await openRuntime(threads === undefined ? {} : { threads });
  try {
    const dtype = flags.float32 === true ? "float32" : "float64";
    const reports = await checkFiles(files, dtype, runtime);
    terminal.result(terminal.json ? JSON.stringify(reports, null, 2) : formatChecks(reports));
    if (reports.some(({ passed }) => !passed)) process.exitCode = 1;
  } finally {
    await runtime.close();
  }
}
