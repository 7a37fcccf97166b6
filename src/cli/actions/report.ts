import type { Command } from "commander";
import { reportOptions } from "../../jobs/options/report.js";
import { writeReport } from "../../jobs/report.js";
import { flagsOf } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune report` does. */
export async function runReport(runs: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const report = await writeReport(runs, flagsOf(command, reportOptions));
  terminal.result(terminal.json ? JSON.stringify({ report }, null, 2) : `report in ${report}`);
}
