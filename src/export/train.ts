import { planTraining, type TrainingPlan } from "../training/plan.js";
import { type RunOptions, runTraining, type TrainedRun } from "../training/run.js";
import { runPaths } from "../training/run-folder.js";
import type { TrainOptions } from "../training/settings.js";
import { writeModelFolder } from "./model-folder.js";

/** Trains as planned and leaves the best model in the run's model/ folder. */
export async function trainPlanned(plan: TrainingPlan, options: RunOptions): Promise<TrainedRun> {
  const trained = await runTraining(plan, options);
  const { encoder, head } = trained;
  await writeModelFolder(runPaths(trained.folder).model, { encoder, head });
  return trained;
}

/**
 * Fine-tunes: reads the data, trains, selects the best checkpoint, writes the run folder. Nothing is printed; `onEvent` tells what
 * happens, `signal` stops after the step under way (InterruptedError; the run can be resumed).
 */
export async function train(options: TrainOptions & Partial<RunOptions>): Promise<TrainedRun> {
  const { onEvent = () => {}, signal, overwrite, resume, resumeAnyway, ...settings } = options;
  const plan = await planTraining(settings);
  return trainPlanned(plan, {
    onEvent,
    ...(signal === undefined ? {} : { signal }),
    ...(overwrite === undefined ? {} : { overwrite }),
    ...(resume === undefined ? {} : { resume }),
    ...(resumeAnyway === undefined ? {} : { resumeAnyway }),
  });
}
