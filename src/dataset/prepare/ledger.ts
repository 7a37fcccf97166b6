import type { RowReportBuilder } from "../rows/row-report.js";

/**
 * An account of rows that may be several of one record (lists of positives give a row each): a record counts as left out only when
 * none of its rows is in the output.
 */
interface RowLedger extends RowReportBuilder {
  /** Enters what was dropped into the account, given the rows that are in the output. */
  settle(rows: readonly { readonly line: number }[]): void;
}

/** A ledger that is settled into `book`. */
export function openLedger(book: RowReportBuilder): RowLedger {
  const reasons = new Map<number, string>();
  return {
    ...book,
    drop: (reason, line) => {
      if (!reasons.has(line)) reasons.set(line, reason);
    },
    settle: (rows) => {
      const used = new Set(rows.map(({ line }) => line));
      for (const [line, reason] of reasons) {
        if (used.has(line)) book.remark(`records of which a part is left out, ${reason}`, line);
        else book.drop(reason, line);
      }
    },
  };
}
