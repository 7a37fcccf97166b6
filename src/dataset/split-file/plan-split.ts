import { counted } from "../../errors/counted.js";
import { UserError, usageError } from "../../errors/user-error.js";
import { requireReadable } from "../../files/usable-path.js";
import type { ColumnMapping } from "../columns/resolve-columns.js";
import { columnMapping } from "../columns/resolve-columns.js";
import { type OpenOptions, openWithColumns } from "../open-with-columns.js";
import type { Dialect, ReaderOptions } from "../readers/record-source.js";
import { textColumnsOf } from "../texts/record-texts.js";
import { chooseParts, leftOut, type Part, parts, separateTexts } from "./choose-parts.js";
import { type FileLinks, readLinks } from "./read-links.js";
import { groupRows, type RowGroups, type SplitBy } from "./row-groups.js";

export interface SplitFileOptions extends OpenOptions {
  /** Below 1 a share of the rows, else a number of rows. */
  readonly eval: number;
  readonly test?: number | undefined;
  readonly by?: SplitBy;
  readonly seed?: number;
}

/** One part of a split. */
interface PartSummary {
  readonly part: Part;
  readonly rows: number;
  /** Texts distinct but for case and punctuation. */
  readonly texts: number;
  /** Distinct labels, where there is a label column. */
  readonly labels?: number | undefined;
}

/** Which row goes where. */
export interface SplitPlan {
  readonly file: string;
  readonly sha256: string;
  readonly dialect: Dialect;
  readonly reader?: ReaderOptions | undefined;
  readonly columns: ColumnMapping;
  readonly by: SplitBy;
  readonly rows: number;
  /** Line on which each row starts, and its part. */
  readonly lines: Int32Array;
  readonly part: Uint8Array;
  readonly parts: readonly PartSummary[];
  /** Rows in no part, because they share a text with a row of another part. */
  readonly leftOut: number;
  /** How it was split, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads a file and decides which of its rows go to train, eval and test. Memory grows by about 100 bytes a row. UserError: as openWithColumns,
 * missing-column (`label` without labels, or no text), bad-share, cannot-split.
 */
export async function planSplit(file: string, options: SplitFileOptions): Promise<SplitPlan> {
  if (file === "-") {
    throw usageError(
      "needs-a-file",
      "standard input cannot be split: it is read twice",
      "name a file",
    );
  }
  requireReadable(file);
  const { by = "connected", seed = 42 } = options;
  const { source, columns, notes } = await openWithColumns(file, options);
  if (textColumnsOf(columns).length === 0 || (by === "label" && columns.label === undefined)) {
    source.close();
    throw lacking(file, source.columns, by);
  }
  const links = await readLinks(source, columns);
  const rows = links.lines.length;
  const wanted = wantedRows(options, rows);
  const groups = groupRows(links, by);
  const stratify = by !== "label" && hasStrata(links);
  const part = chooseParts(groups, links.labels, { wanted, stratify, seed });
  const leaks = separateTexts(part, links, by !== "none");
  const plan = { file, by, rows, links, groups, part };
  const lost = by === "none" ? 0 : leaks.rows;
  const summaries = parts.map((_, number) => summary(part, number, links));
  checkSizes(plan, wanted, summaries, lost);
  return {
    file,
    sha256: source.sha256(),
    dialect: source.dialect,
    reader: options.reader,
    columns: columnMapping(source.columns, columns),
    by,
    rows,
    lines: links.lines,
    part,
    parts: summaries.filter(({ rows: count, part: name }) => name !== "test" || count > 0),
    leftOut: lost,
    notes: [
      `${file}: ${source.description}`,
      ...notes,
      ...source.warnings(),
      ...splitNotes(plan, stratify, leaks.rows),
      ...(isByLine(source.dialect) ? [] : ["the parts are written as JSON Lines"]),
    ],
  };
}

/** Whether a row is whole lines of the file, which can be copied as they are. */
export function isByLine({ format }: Dialect): boolean {
  return format !== "json" && format !== "parquet";
}

interface Planned {
  readonly file: string;
  readonly by: SplitBy;
  readonly rows: number;
  readonly links: FileLinks;
  readonly groups: RowGroups;
  readonly part: Uint8Array;
}

/** Labels that repeat often enough to be classes. */
function hasStrata({ labels, labelNames, lines }: FileLinks): boolean {
  return labels !== undefined && labelNames.length > 1 && labelNames.length <= lines.length / 5;
}

function wantedRows(
  options: SplitFileOptions,
  rows: number,
): { readonly eval: number; readonly test: number } {
  const count = (flag: string, share: number): number => {
    if (!(share > 0)) throw usageError("bad-share", `--${flag} must be above 0, got ${share}`);
    return share < 1 ? Math.max(1, Math.round(share * rows)) : Math.round(share);
  };
  const wanted = {
    eval: count("eval", options.eval),
    test: options.test === undefined ? 0 : count("test-part", options.test),
  };
  if (wanted.eval + wanted.test < rows) return wanted;
  throw usageError(
    "bad-share",
    `--eval and --test-part take ${wanted.eval + wanted.test} of ${rows} rows, which leaves none to train on`,
    "for example --eval 0.1 --test-part 0.1",
  );
}

function summary(part: Uint8Array, number: number, links: FileLinks): PartSummary {
  const { start, texts, labels, distinct, labelNames } = links;
  const seen = new Uint8Array(distinct);
  const seenLabels = new Uint8Array(labelNames.length);
  let rows = 0;
  for (let row = 0; row < part.length; row++) {
    if (part[row] !== number) continue;
    rows += 1;
    for (let at = start[row]; at < start[row + 1]; at++) seen[texts[at]] = 1;
    if (labels !== undefined) seenLabels[labels[row]] = 1;
  }
  const count = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0);
  return {
    part: parts[number],
    rows,
    texts: count(seen),
    labels: labels === undefined ? undefined : count(seenLabels),
  };
}

/** A part of less than half the wanted rows, or half of all rows left out, is no split. */
function checkSizes(
  { file, by, rows, groups }: Planned,
  wanted: { readonly eval: number; readonly test: number },
  [train, evaluation, test]: readonly PartSummary[],
  lost: number,
): void {
  const short =
    (evaluation?.rows ?? 0) < wanted.eval / 2 ||
    (test?.rows ?? 0) < wanted.test / 2 ||
    train?.rows === 0;
  if (!short && lost <= rows / 2) return;
  const largest = groups.sizes.reduce((most, size) => Math.max(most, size), 0);
  const why = short
    ? `the largest set of rows that must stay together holds ${largest} of ${rows}`
    : `${lost} of ${rows} rows would share a text with another part`;
  throw new UserError("cannot-split", `cannot be split by ${by}: ${why}`, {
    at: { file },
    hint: hints[by],
  });
}

const hints: Readonly<Record<SplitBy, string>> = {
  connected:
    "split before mining negatives, or keep only rows of one anchor together: --by anchor (rows that share a text are then left out)",
  anchor:
    "ask for a smaller part, or --by none, which lets texts stand on both sides and says how many",
  label: "ask for a smaller part, or --by connected",
  none: "ask for a smaller part",
};

function splitNotes(
  { by, rows, groups, part }: Planned,
  stratify: boolean,
  shared: number,
): string[] {
  const largest = groups.sizes.reduce((most, size) => Math.max(most, size), 0);
  const share = ((100 * largest) / rows).toFixed(1);
  const notes = [
    by === "none"
      ? `split at random: ${counted(shared, "row shares", "rows share")} a text with a row of another part`
      : `split by ${by}: ${counted(groups.sizes.length, "set of rows stays", "sets of rows stay")} together, the largest with ${counted(largest, "row")} (${share} %)`,
  ];
  if (stratify) notes.push("each label has its share in every part, as far as whole sets allow");
  const lost = part.reduce((sum, number) => sum + (number === leftOut ? 1 : 0), 0);
  if (lost > 0)
    notes.push(
      `${counted(lost, "row is left out because it shares", "rows are left out because they share")} a text with a row of another part`,
    );
  return notes;
}

function lacking(file: string, columns: readonly string[], by: SplitBy): UserError {
  const list = columns.map((name) => `"${name}"`).join(", ");
  return by === "label"
    ? new UserError("missing-column", `has no column for "label", found the columns ${list}`, {
        at: { file },
        hint: "name it: --columns label=…, or split --by connected",
      })
    : new UserError("missing-column", `has no column of texts, found the columns ${list}`, {
        at: { file },
        hint: "name them: --columns anchor=…,positive=… or --columns text=…",
      });
}
