import { createHash } from "node:crypto";
import type { RowReport } from "../../dataset/rows/row-report.js";
import type { Dataset } from "../../dataset/rows/row-types.js";
import { internal } from "../../errors/internal.js";

/** Rows of one kind from several files as one data set; units of rows that belong together stay apart. */
export function joinDatasets<D extends Dataset>(datasets: readonly D[]): D {
  const [first, ...rest] = datasets;
  if (first === undefined) internal("no data sets to join");
  if (rest.length === 0) return first;
  let before = 0;
  const rows = datasets.flatMap((dataset) => {
    const start = before;
    before += dataset.rows.length;
    return dataset.rows.map((row) =>
      "unit" in row && row.unit !== undefined ? { ...row, unit: start + row.unit } : row,
    );
  });
  return { ...first, rows, account: joinRowReports(datasets.map(({ account }) => account)) };
}

/** What became of the rows of all files; the hash is that of their hashes. */
export function joinRowReports(accounts: readonly RowReport[]): RowReport {
  const [first, ...rest] = accounts;
  if (first !== undefined && rest.length === 0) return first;
  const hash = createHash("sha256");
  for (const { sha256 } of accounts) hash.update(sha256);
  const sum = (of: (account: RowReport) => number): number =>
    accounts.reduce((total, account) => total + of(account), 0);
  return {
    file: accounts.map(({ file }) => file).join(", "),
    sha256: hash.digest("hex"),
    read: sum(({ read }) => read),
    kept: sum(({ kept }) => kept),
    dropped: accounts.flatMap(({ file, dropped }) =>
      dropped.map((reason) => ({ ...reason, reason: `${reason.reason}, in ${file}` })),
    ),
    notes: accounts.flatMap(({ file, notes }) => notes.map((note) => `${file}: ${note}`)),
  };
}
