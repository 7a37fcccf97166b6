import { loadDataset } from "../dataset/load-dataset.js";
import { rowTable } from "../dataset/prepare/row-table.js";
import type { DatasetOf, PairRow } from "../dataset/rows/row-types.js";
import { tableFormat, writeTable } from "../dataset/writers/table-file.js";
import { manifestPath } from "../embeddings/manifest.js";
import { inOrder, requireAlike } from "../embeddings/shard.js";
import { UserError } from "../errors/user-error.js";
import { isObject, objectIn, writeJson } from "../files/json-file.js";
import { refuseExisting } from "../files/new-file.js";
import { refuseSameFile, requireReadable } from "../files/usable-path.js";
import { packageVersion } from "../files/version.js";
import type { Mined, MinedPart } from "../mining/mined.js";
import type { GivenOf } from "../options/option.js";
import { resolveGiven } from "../options/values.js";
import { mergeMinedTable } from "./options/mine.js";

type MergeMinedOptions = GivenOf<typeof mergeMinedTable>;

/** A part's file, and what its manifest says. */
interface WrittenPart {
  readonly file: string;
  readonly rows: number;
  readonly shard: MinedPart;
}

/** Writes `FILE.manifest.json` beside the file of a part: which one it is, and what it depends on. */
export async function writePartManifest(out: string, mined: Mined): Promise<void> {
  const { part, rows } = mined;
  if (part === undefined) return;
  const manifest = { embtune: packageVersion(), file: out, rows: rows.length, shard: part };
  await writeJson(manifestPath(out), manifest);
}

/**
 * Puts the parts of mined rows together: the rows that one process would have mined. They must be all of them, of the same data, candidates, models and
 * rules; what does not fit is named. Returns the number of rows.
 */
export async function mergeMined(options: MergeMinedOptions): Promise<number> {
  const { files, out, overwrite, csvSafe } = resolveGiven(mergeMinedTable, options, "mergeMined");
  tableFormat(out);
  refuseExisting(out, { overwrite });
  refuseSameFile(out, files);
  const written = await Promise.all(files.map(readPart));
  for (const { file, shard } of written) {
    const common = ({ of, total, from }: MinedPart) => ({ ...from, "number of parts": of, total });
    requireAlike(file, common(shard), common(written[0].shard));
  }
  const rows: PairRow[] = [];
  for (const part of inOrder(written)) for (const row of await rowsOf(part)) rows.push(row);
  await writeTable(out, rowTable({ kind: "pair", rows }), { overwrite, csvSafe });
  return rows.length;
}

async function readPart(file: string): Promise<WrittenPart> {
  requireReadable(file);
  const path = manifestPath(file);
  const { rows, shard } = await objectIn(path);
  if (typeof rows === "number" && isObject(shard) && isObject(shard.from))
    return { file, rows, shard: shard as unknown as MinedPart };
  throw new UserError("not-a-shard", "was not written by mine --shard", { at: { file } });
}

async function rowsOf({ file, rows }: WrittenPart): Promise<readonly PairRow[]> {
  const dataset = (await loadDataset(file, { as: ["pair"] })) as DatasetOf<"pair">;
  if (dataset.rows.length === rows) return dataset.rows;
  throw new UserError(
    "wrong-row-count",
    `holds ${dataset.rows.length} rows, but its manifest says ${rows}`,
    { at: { file }, hint: "mine the part again" },
  );
}
