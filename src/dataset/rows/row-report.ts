import { counted } from "../../errors/counted.js";
import { UserError } from "../../errors/user-error.js";

/** What became of a file's rows: read = kept + the sum of the dropped. */
export interface RowReport {
  readonly file: string;
  /** What a message calls a row that is no row of a file as such: `held-out row`. */
  readonly rowName?: string | undefined;
  /** SHA-256 of the file as stored, in hex. */
  readonly sha256: string;
  /** Records in the file, without its header and blank lines. */
  readonly read: number;
  /** Records that serve, as a row or as part of one. */
  readonly kept: number;
  /** Reasons for which rows were left out, how many, and the line of the first. */
  readonly dropped: readonly {
    readonly reason: string;
    readonly count: number;
    readonly line: number;
  }[];
  /** What else was decided or noticed, one sentence each. */
  readonly notes: readonly string[];
}

/** Keeps the account while a file is read and converted. A record is dropped at most once: the first reason counts. */
export interface RowReportBuilder {
  readonly file: string;
  readRecord(): void;
  /** Counts the record that starts on `line` as left out. */
  drop(reason: string, line: number): void;
  /** Counts something done to a record that is kept; becomes a note with the count and the first line. */
  remark(what: string, line: number): void;
  note(sentence: string): void;
  /** The account so far. */
  close(sha256: string): RowReport;
}

/** An empty account of `file`. */
export function openRowReport(file: string): RowReportBuilder {
  return continueRowReport({ file, sha256: "", read: 0, kept: 0, dropped: [], notes: [] });
}

/** A book that goes on where an account ended; the records that were dropped before must not come again. */
export function continueRowReport(account: RowReport): RowReportBuilder {
  const { file, rowName } = account;
  let read = account.read;
  let kept = account.kept;
  const droppedLines = new Set<number>();
  const dropped: Counts = new Map(
    account.dropped.map(({ reason, count, line }) => [reason, { count, line }]),
  );
  const remarks: Counts = new Map();
  const notes = [...account.notes];
  return {
    file,
    readRecord: () => {
      read += 1;
      kept += 1;
    },
    drop: (reason, line) => {
      if (droppedLines.has(line)) return;
      droppedLines.add(line);
      kept -= 1;
      count(dropped, reason, line);
    },
    remark: (what, line) => count(remarks, what, line),
    note: (sentence) => {
      notes.push(sentence);
    },
    close: (sha256) => ({
      file,
      rowName,
      sha256,
      read,
      kept,
      dropped: reasons(dropped),
      notes: [
        ...notes,
        ...reasons(remarks).map((r) => `${r.reason}: ${r.count} (first on line ${r.line})`),
      ],
    }),
  };
}

/** Throws the error for a data set with fewer than `least` rows, which says where they went. */
export function requireRows(rows: number, least: number, account: RowReport): void {
  if (rows >= least) return;
  const why = account.dropped.map((d) => `${d.count} ${d.reason} (line ${d.line})`).join(", ");
  const { rowName = "row" } = account;
  const at = { file: account.file };
  if (rows === 0) {
    throw new UserError(
      "all-rows-dropped",
      `none of the ${account.read} ${rowName}s can be used: ${why}`,
      {
        at,
        hint: "mend the rows named, or choose other columns with --columns",
      },
    );
  }
  const rest = why === "" ? "" : `; left out: ${why}`;
  throw new UserError(
    "too-few-rows",
    `has ${counted(rows, `usable ${rowName}`)}, expected at least ${least}${rest}`,
    {
      at,
      hint: "add rows",
    },
  );
}

type Counts = Map<string, { count: number; line: number }>;

function count(counts: Counts, reason: string, line: number): void {
  const entry = counts.get(reason);
  if (entry === undefined) counts.set(reason, { count: 1, line });
  else entry.count += 1;
}

function reasons(counts: Counts): RowReport["dropped"] {
  return [...counts].map(([reason, { count: times, line }]) => ({ reason, count: times, line }));
}
