import { type LoadOptions, loadDataset as load } from "../dataset/load-dataset.js";
import type { Dataset } from "../dataset/rows/row-types.js";
import { loadDatasetTable } from "./options/load-dataset.js";
import { requireFile, resolveJob } from "./options/shared.js";

/** What a file is to be read as. */
export type LoadDatasetOptions = Omit<LoadOptions, "objectivesFor">;

/**
 * Reads a whole file as rows of one kind. The account says what became of every row. UserError (exit code 1, with file and line): what the
 * readers throw, and missing-column, wrong-row-kind, all-rows-dropped, too-few-rows; usage errors as every function's.
 */
export async function loadDataset(
  file: string,
  options: LoadDatasetOptions = {},
): Promise<Dataset> {
  requireFile(file, "loadDataset");
  return load(file, resolveJob("loadDataset", loadDatasetTable, options));
}
