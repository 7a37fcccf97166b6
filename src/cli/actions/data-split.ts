import type { Command } from "commander";
import { splitOptions, splitTable } from "../../jobs/options/data.js";
import { splitFile } from "../../jobs/split.js";
import { formatSplit } from "../../report/split-summary.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune data split` does. */
export async function runSplit(file: string, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const { out } = flagsOf(command, splitOptions);
  const record = await splitFile(file, { ...jobOptions(command, splitTable), out });
  terminal.result(
    terminal.json ? JSON.stringify({ out, ...record }, null, 2) : formatSplit(record, out),
  );
}
