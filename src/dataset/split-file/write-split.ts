import { createWriteStream, existsSync, readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { UserError, usageError } from "../../errors/user-error.js";
import { fileError, writeFolderAtomic } from "../../files/files.js";
import { refuseInside } from "../../files/usable-path.js";
import { openBytes } from "../readers/bytes.js";
import { toUtf8 } from "../readers/encoding.js";
import { openRecords } from "../readers/open-records.js";
import { type Part, parts } from "./choose-parts.js";
import { isByLine, type SplitPlan } from "./plan-split.js";

/** What `split.json` beside the parts says. */
export interface SplitRecord {
  readonly source: { readonly path: string; readonly sha256: string; readonly rows: number };
  readonly by: string;
  readonly parts: SplitPlan["parts"];
  readonly leftOut: number;
  readonly notes: readonly string[];
}

/** Names of the files of a split with this extension. */
function splitFileNames(plan: SplitPlan): Readonly<Record<string, string>> {
  if (!isByLine(plan.dialect))
    return Object.fromEntries(plan.parts.map(({ part }) => [part, `${part}.jsonl`]));
  const extension = /(\.[a-z0-9]+)?(\.gz)?$/i.exec(plan.file)?.[0] || ".txt";
  return Object.fromEntries(plan.parts.map(({ part }) => [part, `${part}${extension}`]));
}

/**
 * Writes the parts of a file into a folder: train, eval and test with the file's extension, each line as it stands in the file (UTF-8), under
 * the file's header, and `split.json`; rows of a JSON document or of Parquet
 * as JSON Lines. The folder appears whole or not at all; an earlier split in it is replaced with `overwrite`.
 * UserError: out-not-empty, and those of the disk.
 */
export async function writeSplit(
  plan: SplitPlan,
  out: string,
  overwrite = false,
): Promise<SplitRecord> {
  refuseOther(out, overwrite);
  refuseInside(out, [plan.file]);
  const record = {
    source: { path: plan.file, sha256: plan.sha256, rows: plan.rows },
    by: plan.by,
    parts: plan.parts,
    leftOut: plan.leftOut,
    notes: plan.notes,
  };
  const names = splitFileNames(plan);
  try {
    await mkdir(dirname(join(out, ".")), { recursive: true });
  } catch (error) {
    throw fileError(error, out);
  }
  await writeFolderAtomic(out, async (folder) => {
    for (const [part, name] of Object.entries(names)) {
      const number = parts.indexOf(part as Part);
      const lines = Readable.from(
        isByLine(plan.dialect) ? partLines(plan, number) : partRecords(plan, number),
      );
      const file = createWriteStream(join(folder, name));
      if (name.endsWith(".gz")) await pipeline(lines, createGzip(), file);
      else await pipeline(lines, file);
    }
    await writeFile(join(folder, "split.json"), `${JSON.stringify(record, null, 2)}\n`);
  });
  return record;
}

/** A folder with something else than an earlier split is never touched. */
function refuseOther(out: string, overwrite: boolean): void {
  if (!existsSync(out)) return;
  let entries: string[];
  try {
    entries = readdirSync(out);
  } catch (error) {
    throw fileError(error, out);
  }
  if (entries.length === 0) return;
  const earlier = entries.includes("split.json") && entries.every((name) => isPart(name));
  if (overwrite && earlier) return;
  throw usageError(
    "out-not-empty",
    `--out "${out}" exists and is not empty`,
    earlier ? "choose another folder, or add --overwrite" : "choose another folder",
  );
}

function isPart(name: string): boolean {
  return name === "split.json" || /^(train|eval|test)(\.[a-z0-9]+)?(\.gz)?$/i.test(name);
}

/** The rows of one part as JSON Lines, for files whose rows are no lines. UserError: wrong-type. */
async function* partRecords(plan: SplitPlan, part: number): AsyncGenerator<string> {
  const source = await openRecords(plan.file, { ...plan.reader, ignore: undefined });
  let row = 0;
  for await (const { fields, line } of source.records()) {
    if (plan.part[row++] !== part) continue;
    const nested = fields.indexOf(null);
    if (nested >= 0) throw nestedValue(plan.file, line, source.columns[nested]);
    const cells = source.columns.map((name, i) => [name, fields[i]]);
    yield `${JSON.stringify(Object.fromEntries(cells))}\n`;
  }
}

function nestedValue(file: string, line: number, column: string): UserError {
  return new UserError(
    "wrong-type",
    `column "${column}" holds an object or a nested list, which the parts could not keep`,
    { at: { file, line }, hint: "leave the column out, or write the file as JSON Lines" },
  );
}

/** The header and the lines of the rows of one part. */
async function* partLines(plan: SplitPlan, part: number): AsyncGenerator<Buffer> {
  const { file, dialect, lines, part: partOf } = plan;
  const bytes = await openBytes(file, 2);
  const end = dialect.newline.charCodeAt(0);
  let row = -1;
  let line = 1;
  let open = false;
  const wanted = (): boolean => (row < 0 ? dialect.header : partOf[row] === part);
  try {
    for await (const chunk of toUtf8(bytes.chunks, file, dialect.encoding)) {
      let start = 0;
      const kept: Buffer[] = [];
      while (start < chunk.length) {
        if (!open && lines[row + 1] === line) row += 1;
        const found = chunk.indexOf(end, start);
        const stop = found < 0 ? chunk.length : found + 1;
        if (wanted()) kept.push(chunk.subarray(start, stop));
        open = found < 0;
        if (!open) line += 1;
        start = stop;
      }
      if (kept.length > 0) yield Buffer.concat(kept);
    }
  } finally {
    bytes.close();
  }
  // The file may end without a line break in this part's last row or in another's.
  if (open && wanted()) yield Buffer.from(dialect.newline);
}
