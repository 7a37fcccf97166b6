import { join } from "node:path";
import { UserError } from "../errors/user-error.js";
import type { ModelContent } from "../export/model-content.js";
import { writeModelFolder } from "../export/model-folder.js";
import { writeSentenceTransformersFolder } from "../export/sentence-transformers/folder.js";
import { requireFitting } from "../options/values.js";
import type { TrainOptions } from "../training/options/settings.js";
import { trainTable } from "../training/options/table.js";
import { objectiveByRows } from "../training/plan/objective-by-rows.js";
import { planTraining, type TrainingPlan } from "../training/plan/plan.js";
import { type RunOptions, runTraining, type TrainedRun } from "../training/run/run.js";
import type { OnTrainEvent } from "../training/run-folder/events.js";
import { refuseUsed, runPaths } from "../training/run-folder/run-folder.js";
import { requireControl } from "./options/shared.js";
import { controlTable } from "./options/train.js";
import { writeReport } from "./report.js";
import { drawnFigures } from "./run-data.js";

/** How a run is watched, stopped and gone on with, and what is written at its end. */
export interface TrainControl extends RunOptions {
  /** Write report.html into the run folder, and figures beside the model card. Default true. */
  readonly report?: boolean | undefined;
}

/** A finished run and where its report is, if one was written. */
export interface ReportedRun extends TrainedRun {
  readonly report?: string | undefined;
}

/** Trains as planned and leaves the best model in the run's model/ folder, and a report beside it. */
export async function trainPlanned(
  plan: TrainingPlan,
  options: TrainControl,
): Promise<ReportedRun> {
  const trained = await runTraining(plan, options);
  await writeRunModel(trained, options);
  if (options.report === false) return trained;
  return { ...trained, report: await reportOf(trained.folder, options.onEvent) };
}

/** A run is not lost because its report cannot be written. */
async function reportOf(folder: string, onEvent: OnTrainEvent): Promise<string | undefined> {
  try {
    return await writeReport([folder]);
  } catch (error) {
    const message = `the report could not be written: ${(error as Error).message}`;
    onEvent({ type: "note", message });
    return undefined;
  }
}

/**
 * Writes model/ in the transformers.js form and model/sentence-transformers/ in the other. An encoder whose weights cannot be named
 * goes without the other form, with a note.
 */
async function writeRunModel(
  { folder, encoder, head, weights, record }: TrainedRun,
  { onEvent, report }: TrainControl,
): Promise<void> {
  const interpolated = record.result?.interpolation?.alpha;
  const figures =
    report === false
      ? undefined
      : await drawnFigures(folder, (message) => onEvent({ type: "note", message }));
  const content: ModelContent = { encoder, head, weights, interpolated, run: record, figures };
  await writeModelFolder(runPaths(folder).model, content, {
    extra: async (model) => {
      try {
        await writeSentenceTransformersFolder(join(model, "sentence-transformers"), content);
      } catch (error) {
        if (!(error instanceof UserError) || !withoutNames.has(error.code)) throw error;
        const message = `model/ has no sentence-transformers form: ${error.message}`;
        onEvent({ type: "note", message });
      }
    },
  });
}

/** Codes of encoders that have no sentence-transformers form. */
const withoutNames = new Set(["unknown-architecture", "unmapped-weights", "head-folded"]);

/**
 * Fine-tunes: reads the data, trains, selects what goes out, writes the run folder. Without an objective
 * the rows choose it, as the command's do. Nothing is printed; `onEvent` tells what happens, `signal` stops after the step under way (InterruptedError; the run can be resumed).
 */
export async function train(options: TrainOptions & Partial<TrainControl>): Promise<ReportedRun> {
  const {
    onEvent = () => {},
    signal,
    overwrite,
    resume,
    resumeAnyway,
    report,
    ...settings
  } = options;
  requireControl({ signal, onEvent });
  requireFitting(trainTable, settings, "train");
  requireFitting(controlTable, { overwrite, resume, resumeAnyway, report }, "train");
  if (resume !== true) refuseUsed(settings.out, overwrite === true);
  const chosen = await objectiveByRows(settings);
  for (const note of chosen.notes) onEvent({ type: "note", message: `note: ${note}` });
  const plan = await planTraining({ ...settings, ...chosen.options });
  return trainPlanned(plan, {
    onEvent,
    signal,
    overwrite,
    resume,
    resumeAnyway,
    report,
  });
}
