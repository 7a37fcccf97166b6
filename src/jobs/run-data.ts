import type { CardFigure } from "../export/model-content.js";
import { cardFigures } from "../report/run-page/card-figures.js";
import type { RunData } from "../report/run-page/run-data.js";
import { readKeptEvaluation } from "../training/run-folder/kept-evaluation.js";
import { effectiveRecords, readLog } from "../training/run-folder/log.js";
import { readRun, runPaths } from "../training/run-folder/run-folder.js";

/** What a run folder tells. UserError: `not-a-run`, and those of damaged files. */
export function readRunData(folder: string): RunData {
  const record = readRun(folder);
  const log = effectiveRecords(readLog(runPaths(folder).log));
  return { folder, record, log, kept: readKeptEvaluation(folder) };
}

/**
 * Drawings of a run for a model card; none, and why, where they cannot be drawn: a model is not lost for that. Those of a run's own point
 * only: of another nothing has been measured.
 */
export async function drawnFigures(
  folder: string,
  told: (message: string) => void,
): Promise<readonly CardFigure[] | undefined> {
  try {
    return await cardFigures(readRunData(folder));
  } catch (error) {
    told(`the model card has no figures: ${(error as Error).message}`);
    return undefined;
  }
}
