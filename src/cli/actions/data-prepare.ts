import type { Command } from "commander";
import type { NeutralUse, PrepareTarget } from "../../dataset/prepare/prepare-rows.js";
import { rowTable } from "../../dataset/prepare/row-table.js";
import { preview } from "../../dataset/preview.js";
import { tableFormat, writeTable } from "../../dataset/writers/table-file.js";
import { usageError } from "../../errors/user-error.js";
import { refuseExisting } from "../../files/new-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { prepareFile } from "../../jobs/prepare.js";
import { formatPreview } from "../../report/data-summary.js";
import { formatRowReport } from "../../report/prepare-summary.js";
import type { CommonOptions } from "../parse.js";
import { type ReaderFlags, readerOptions } from "../reader-options.js";
import { openTerminal } from "../terminal.js";

interface Flags extends CommonOptions, ReaderFlags {
  readonly as: PrepareTarget;
  readonly out: string;
  readonly overwrite?: boolean;
  readonly csvSafe?: boolean;
  readonly columns?: Record<string, string>;
  readonly labelMap?: Record<string, string>;
  readonly corpus?: string;
  readonly qrels?: string;
  readonly neutralAs?: NeutralUse;
  readonly perClass?: number;
  readonly maxPairs?: number;
  readonly positiveFrom?: number;
  readonly negativeTo?: number;
  readonly clean?: boolean;
  readonly minWords?: number;
  readonly dedupe?: boolean;
}

/** What `embtune data prepare` does. */
export async function runPrepare(file: string, command: Command): Promise<void> {
  const flags = command.opts<Flags>();
  const terminal = openTerminal(flags);
  tableFormat(flags.out);
  refuseExisting(flags.out, flags);
  refuseSameFile(flags.out, [file, flags.corpus, flags.qrels]);
  if ((flags.corpus === undefined) !== (flags.qrels === undefined)) {
    throw usageError(
      "qrels-and-corpus",
      "--corpus and --qrels belong together",
      "embtune data prepare QUERIES --corpus FILE --qrels FILE --as pairs --out FILE",
    );
  }
  const { source, data, account } = await prepareFile(file, flags.as, {
    ...flags,
    ...readerOptions(flags),
  });
  await writeTable(flags.out, rowTable(data, flags.as === "triplets"), flags);
  const rows = data.rows.length;
  if (terminal.json) {
    const { kind, columns, dialect } = source;
    const record = { out: flags.out, as: flags.as, rows, from: { kind, columns, dialect } };
    terminal.result(JSON.stringify({ ...record, account }, null, 2));
    return;
  }
  terminal.note(`${file}: ${source.dialect}, ${source.kind} rows`);
  terminal.note(formatPreview(preview({ ...source, ...data }, 2)));
  terminal.result(formatRowReport(account));
  terminal.result(`${flags.out}: ${rows} ${flags.as}`);
}
