import { fittingOptions } from "../dataset/fitting-options.js";
import { type KnownRows, knownRows } from "../dataset/known-rows.js";
import { findLeaks } from "../dataset/leaks.js";
import { readRows } from "../dataset/load-dataset.js";
import { readerOf } from "../dataset/reading-options.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { counted } from "../errors/counted.js";
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
  readonly what: "trained on" | "that selected the model";
}

/** What a run's files and measuring data have in common. */
interface Shared {
  readonly notes: readonly string[];
  /** Measuring rows that were trained on, as far as the files can be read still. */
  readonly known?: KnownRows | undefined;
}

/**
 * How many of the measuring texts a run's files have too, one sentence a file, as far as these can be read still, and how many rows were
 * trained on. Of a file that was trained on as it is nothing is said: `seenBy` tells it.
 */
export async function sharedTexts(run: RunRecord, measuring: EvaluationData): Promise<Shared> {
  const { sha256 } = measuring.account;
  if (seenBy(run, [sha256]).trained) return { notes: [] };
  const selecting: SeenFile[] =
    run.eval === undefined || run.eval.sha256 === sha256
      ? []
      : [{ path: run.eval.path, sha256: run.eval.sha256, what: "that selected the model" }];
  const texts = textRows(measuring);
  const notes: string[] = [];
  const trained: Dataset[] = [];
  for (const file of [...trainingFiles(run), ...selecting]) {
    const seen = await readAgain(file, run);
    const note = typeof seen === "string" ? seen : sharedNote(file, seen, texts);
    if (note !== undefined) notes.push(note);
    if (typeof seen !== "string" && file.what === "trained on") trained.push(seen);
  }
  return { notes, known: knownRows(texts, trained) };
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

/** The rows of a file, or why they are not there. */
async function readAgain(
  { path, sha256, what }: SeenFile,
  { options }: RunRecord,
): Promise<Dataset | string> {
  const { columns, labelMap, scoreRange, data } = options;
  const own = { columns, reader: readerOf(options) };
  try {
    const given = what === "trained on" ? own : await fittingOptions(path, own, data);
    const { dataset } = await readRows(path, { ...given, labelMap, scoreRange });
    if (dataset.account.sha256 === sha256) return dataset;
    return `the file ${what}, ${path}, has changed since: shared texts are not counted`;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `the file ${what}, ${path}, cannot be read any more: shared texts are not counted`;
  }
}

function sharedNote({ path, what }: SeenFile, seen: Dataset, measuring: Dataset) {
  const leaks = findLeaks(measuring, seen);
  if (leaks === undefined) return undefined;
  const where = `${counted(leaks.texts, "text")} in ${counted(leaks.rows, "row")} of ${measuring.account.file} ${leaks.texts === 1 ? "stands" : "stand"} in ${path} too`;
  return `${where}, ${what === "trained on" ? "which was trained on" : "which selected the model"}: figures on them are too good`;
}
