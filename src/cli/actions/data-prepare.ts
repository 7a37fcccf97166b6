import type { Command } from "commander";
import { rowTable } from "../../dataset/prepare/row-table.js";
import { preview } from "../../dataset/preview.js";
import { tableFormat, writeTable } from "../../dataset/writers/table-file.js";
import { counted } from "../../errors/counted.js";
import { usageError } from "../../errors/user-error.js";
import { refuseExisting } from "../../files/new-file.js";
import { refuseSameFile } from "../../files/usable-path.js";
import { prepareTable, targetOption } from "../../jobs/options/data.js";
import { tableOutOptions } from "../../jobs/options/shared.js";
import { prepareFile } from "../../jobs/prepare.js";
import { formatPreview } from "../../report/data-summary.js";
import { formatRowReport } from "../../report/prepare-summary.js";
import { flagsOf, jobOptions } from "../options/add-options.js";
import { outputOptions } from "../options/output-options.js";
import { openTerminal } from "../terminal.js";

/** What `embtune data prepare` does. */
export async function runPrepare(file: string, command: Command): Promise<void> {
  const terminal = openTerminal(flagsOf(command, outputOptions));
  const flags = flagsOf(command, { ...targetOption, ...tableOutOptions });
  const options = jobOptions(command, prepareTable);
  tableFormat(flags.out);
  refuseExisting(flags.out, flags);
  refuseSameFile(flags.out, [file, options.corpus, options.qrels]);
  if ((options.corpus === undefined) !== (options.qrels === undefined)) {
    throw usageError(
      "qrels-and-corpus",
      "--corpus and --qrels belong together",
      "embtune data prepare QUERIES --corpus FILE --qrels FILE --as pairs --out FILE",
    );
  }
  const { source, data, account } = await prepareFile(file, flags.as, options);
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
  terminal.result(`${flags.out}: ${counted(rows, "row")} (${flags.as})`);
}
