import { fittingOptions } from "../dataset/fitting-options.js";
import { findLeaks } from "../dataset/leaks.js";
import { readRows } from "../dataset/load-dataset.js";
import { readerOf } from "../dataset/reading-options.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { UserError } from "../errors/user-error.js";
import type { EvaluationData } from "../evaluation/definition.js";
import type { RunRecord } from "../training/run-folder/run-folder.js";

/** Whether a run has seen data with one of these hashes: in training, or to select its checkpoint by. */
export function seenBy(
  run: RunRecord | undefined,
  hashes: readonly string[],
): { readonly trained: true | undefined; readonly selected: boolean } {
  const trained = run === undefined ? [] : trainingFiles(run).map(({ sha256 }) => sha256);
  return {
    trained: hashes.some((hash) => trained.includes(hash)) || undefined,
    selected: run?.eval !== undefined && hashes.includes(run.eval.sha256),
  };
}

/** A file of a run, read again. */
interface SeenFile {
  readonly path: string;
  readonly sha256: string;
  readonly what: "trained on" | "that selected the checkpoint";
}

/**
 * How many of the measuring texts a run's files have too, one sentence a file, as far as these can be read still. A file that was
 * trained on as it is has no sentence: `seenBy` tells it.
 */
export async function sharedTexts(
  run: RunRecord,
  measuring: EvaluationData,
): Promise<readonly string[]> {
  const { sha256 } = measuring.account;
  if (seenBy(run, [sha256]).trained) return [];
  const selecting: SeenFile[] =
    run.eval === undefined || run.eval.sha256 === sha256
      ? []
      : [{ path: run.eval.path, sha256: run.eval.sha256, what: "that selected the checkpoint" }];
  const texts = textRows(measuring);
  const notes: string[] = [];
  for (const file of [...trainingFiles(run), ...selecting]) {
    const note = await sharedNote(file, run, texts);
    if (note !== undefined) notes.push(note);
  }
  return notes;
}

function trainingFiles({ data, files }: RunRecord): SeenFile[] {
  const all = files ?? [data];
  return all.map(({ path, sha256 }) => ({ path, sha256, what: "trained on" }));
}

/** Queries of a retrieval set as texts; other data as they are. */
function textRows(data: EvaluationData): Dataset {
  if (data.kind !== "retrieval") return data;
  const { rows, account, columns, dialect } = data;
  return { kind: "text", rows, account, columns, dialect };
}

async function sharedNote(
  { path, sha256, what }: SeenFile,
  { options }: RunRecord,
  measuring: Dataset,
): Promise<string | undefined> {
  const { columns, labelMap, scoreRange, data } = options;
  const own = { columns, reader: readerOf(options) };
  try {
    const given = what === "trained on" ? own : await fittingOptions(path, own, data);
    const seen = await readRows(path, { ...given, labelMap, scoreRange });
    if (seen.dataset.account.sha256 !== sha256)
      return `the file ${what}, ${path}, has changed since: shared texts are not counted`;
    const leaks = findLeaks(measuring, seen.dataset);
    if (leaks === undefined) return undefined;
    return `${leaks.texts} texts in ${leaks.rows} rows of ${measuring.account.file} stand in ${path} too, ${what === "trained on" ? "which was trained on" : "which selected the checkpoint"}: figures on them are too good`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `the file ${what}, ${path}, cannot be read any more: shared texts are not counted`;
  }
}
