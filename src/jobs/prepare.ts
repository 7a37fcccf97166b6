import { readRows } from "../dataset/load-dataset.js";
import { judgedPairs } from "../dataset/prepare/judged-pairs.js";
import { openLedger } from "../dataset/prepare/ledger.js";
import { type PrepareTarget, prepareRows, targets } from "../dataset/prepare/prepare-rows.js";
import { reviseRows } from "../dataset/prepare/revise-rows.js";
import type { KindRows } from "../dataset/rows/convert.js";
import { continueRowReport, type RowReport, requireRows } from "../dataset/rows/row-report.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { requireFitting } from "../options/values.js";
import { prepareTable, targetOption } from "./options/data.js";
import { type JobOptions, requireFile, resolveJob } from "./options/shared.js";

/** What to make of rows (`prepareTable`); `corpus` and `qrels` go together, with a queries file as the data. */
export type PrepareOptions = JobOptions<typeof prepareTable>;

/** Rows ready to be written, and what became of every input row. */
export interface Prepared {
  /** The file as read: its kind before anything was done. */
  readonly source: Dataset;
  readonly data: KindRows;
  readonly account: RowReport;
}

/**
 * Reads a file, cleans, thins out and converts its rows. The same file, options and seed give the same rows. UserError: as loadNatural,
 * judgedPairs and prepareRows, and all-rows-dropped.
 */
export async function prepareFile(
  file: string,
  target: PrepareTarget,
  given: PrepareOptions = {},
): Promise<Prepared> {
  requireFile(file, "prepare");
  requireFitting(targetOption, { as: target }, "prepare");
  const options = resolveJob("prepare", prepareTable, given);
  const source = await readSource(file, target, options);
  const book = continueRowReport(source.account);
  const ledger = openLedger(book);
  const revised = reviseRows(source, options, ledger);
  const data = prepareRows(revised, target, ledger, options);
  ledger.settle(data.rows);
  if (source.kind !== targets[target].kind) book.note(`made of rows of kind ${source.kind}`);
  const account = book.close(source.account.sha256);
  requireRows(data.rows.length, 1, account);
  return { source, data, account };
}

async function readSource(
  file: string,
  target: PrepareTarget,
  options: PrepareOptions,
): Promise<Dataset> {
  const { corpus, qrels, reader } = options;
  if (corpus !== undefined && qrels !== undefined) {
    return judgedPairs({
      queries: file,
      corpus,
      qrels,
      reader,
    });
  }
  return (await readRows(file, { ...options, as: targets[target].from })).dataset;
}
