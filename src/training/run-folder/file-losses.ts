import { mean } from "../../math/statistics.js";
import type { LogRecord } from "./log.js";

/** How the loss of a file's batches went. */
export interface FileLosses {
  /** Updates that had a batch of it. */
  readonly updates: number;
  /** Mean loss of the first and of the last tenth of them, of one at least. */
  readonly first: number;
  readonly last: number;
}

/** The mean of the values that belong to each file, in the order of first appearance. */
export function meansByFile(
  files: readonly string[],
  values: readonly number[],
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...groupedBy(files, values)].map(([file, own]) => [file, mean(own)] as const),
  );
}

/** The losses of each file by the records of a log that hold (`effectiveRecords`). A file without any update has none. */
export function fileLosses(records: readonly LogRecord[]): ReadonlyMap<string, FileLosses> {
  const each = records.flatMap((record) =>
    "losses" in record && record.losses !== undefined ? Object.entries(record.losses) : [],
  );
  const grouped = groupedBy(
    each.map(([file]) => file),
    each.map(([, loss]) => loss),
  );
  return new Map(
    [...grouped].map(([file, losses]) => {
      const tenth = Math.max(1, Math.round(losses.length / 10));
      const [first, last] = [losses.slice(0, tenth), losses.slice(-tenth)];
      return [file, { updates: losses.length, first: mean(first), last: mean(last) }];
    }),
  );
}

function groupedBy(
  files: readonly string[],
  values: readonly number[],
): ReadonlyMap<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [i, file] of files.entries()) {
    const own = groups.get(file) ?? [];
    own.push(values[i] ?? Number.NaN);
    groups.set(file, own);
  }
  return groups;
}
