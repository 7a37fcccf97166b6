import type { Command } from "commander";
import { refuseExisting, writeNewFile } from "../../files/new-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { inspect } from "../../jobs/inspect.js";
import { inspectTable } from "../../jobs/options/data.js";
import { formatInspection } from "../../report/inspection.js";
import { inspectionPage } from "../../report/inspection-page.js";
import { pageFlags } from "../flags/data.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune data inspect` does. */
export async function runInspect(files: readonly string[], command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const flags = flagsOf(command, pageFlags);
  const page = { option: "--html", overwrite: flags.overwrite };
  if (flags.html !== undefined) refuseExisting(flags.html, page);
  refuseSameFile(flags.html, files, "--html");
  const inspection = await inspect(files, jobOptions(command, inspectTable));
  if (flags.html !== undefined) {
    await writeNewFile(flags.html, await inspectionPage(inspection), page);
  }
  terminal.result(
    terminal.json ? JSON.stringify(inspection, null, 2) : formatInspection(inspection),
  );
  if (flags.html !== undefined) terminal.note(`page with histograms: ${flags.html}`);
}
