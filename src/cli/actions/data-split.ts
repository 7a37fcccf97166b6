import type { Command } from "commander";
import type { SplitBy } from "../../dataset/split-file/row-groups.js";
import { splitFile } from "../../jobs/split.js";
import { formatSplit } from "../../report/split-summary.js";
import type { CommonOptions } from "../parse.js";
import { type ReaderFlags, readerOptions } from "../reader-options.js";
import { openTerminal } from "../terminal.js";

interface Flags extends CommonOptions, ReaderFlags {
  readonly out: string;
  readonly overwrite?: boolean;
  readonly eval: number;
  readonly test?: number;
  readonly by: SplitBy;
  readonly columns?: Record<string, string>;
}

/** What `embtune data split` does. */
export async function runSplit(file: string, command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  const record = await splitFile(file, { ...flags, ...readerOptions(flags) });
  terminal.result(
    terminal.json
      ? JSON.stringify({ out: flags.out, ...record }, null, 2)
      : formatSplit(record, flags.out),
  );
}
