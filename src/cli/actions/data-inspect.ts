import type { Command } from "commander";
import { refuseExisting, writeNewFile } from "../../files/new-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { inspect } from "../../jobs/inspect.js";
import { formatInspection } from "../../report/inspection.js";
import { inspectionPage } from "../../report/inspection-page.js";
import type { CommonOptions } from "../parse.js";
import { type ReaderFlags, readerOptions } from "../reader-options.js";
import { openTerminal } from "../terminal.js";

interface Flags extends CommonOptions, ReaderFlags {
  readonly model?: string;
  readonly allowDownload?: boolean;
  readonly maxLength?: number;
  readonly html?: string;
  readonly overwrite?: boolean;
  readonly columns?: Record<string, string>;
  readonly labelMap?: Record<string, string>;
  readonly batchSize: number;
  readonly sample: number;
  readonly tokens: boolean;
}

/** What `embtune data inspect` does. */
export async function runInspect(files: readonly string[], command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  const page = { option: "--html", overwrite: flags.overwrite ?? false };
  if (flags.html !== undefined) refuseExisting(flags.html, page);
  refuseSameFile(flags.html, files, "--html");
  const progress = terminal.progress("reading", undefined);
  const inspection = await inspect(files, {
    ...flags,
    ...readerOptions(flags),
    onProgress: (file, rows) => progress.update(rows, `rows of ${file}`),
  }).finally(progress.stop);
  if (flags.html !== undefined) {
    await writeNewFile(flags.html, inspectionPage(inspection), page);
  }
  terminal.result(
    terminal.json ? JSON.stringify(inspection, null, 2) : formatInspection(inspection),
  );
  if (flags.html !== undefined) terminal.note(`page with histograms: ${flags.html}`);
}
