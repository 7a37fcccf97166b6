import { basename } from "node:path";
import { batchCursor } from "../../dataset/batches/sampler.js";
import { startsFromComponents } from "../../encoder/head.js";
import { UserError } from "../../errors/user-error.js";
import type { Evaluation } from "../../evaluation/metric.js";
import { warmupSteps } from "../../optim/schedule.js";
import { collectLargeArrays } from "../../runtime/collect-garbage.js";
import type { RunContext } from "../model/run-context.js";
import { averagingOf } from "../options/averaging.js";
import { interpolationOf } from "../options/interpolation.js";
import { fileNumber } from "../plan/objective-groups.js";
import { describeRows } from "../plan/plan.js";
import { readCheckpoint } from "../run-folder/checkpoint.js";
import { runPaths } from "../run-folder/run-folder.js";
import type { TrainableSetup } from "../update/trainable.js";
import { watchedLog } from "../watch/watched-log.js";
import { type LoopResult, trainingLoop, valuesOf } from "./loop.js";
import { type ResumePoint, resumePoint } from "./resume.js";
import { openLogs } from "./run-logs.js";

/** Most of a run's time that goes into checkpoints where --save-every does not say when they are due. */
const SAVE_SHARE = 0.05;

/**
 * Puts the checkpoint in place, or the one before it where its tensors are none of this model's. What was read is let go before
 * the first step.
 */
export async function restored(
  { plan, control }: RunContext,
  trainable: TrainableSetup["trainable"],
  found: ResumePoint | undefined,
): Promise<ResumePoint | undefined> {
  let point = found;
  while (point !== undefined) {
    const { path, state } = point;
    try {
      await trainable.restore(readCheckpoint(path).weights, state.step);
      await collectLargeArrays();
      return point;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const earlier = resumePoint(plan.settings.out, point, state.step);
      const ignored = `a checkpoint is ignored: ${basename(path)}: ${error.message}`;
      for (const message of [ignored, ...earlier.notes]) control.onEvent({ type: "note", message });
      point = earlier.point;
    }
  }
  return undefined;
}

/** Trains from where it stands to the last step. */
export async function runLoop(
  context: RunContext,
  { trainable }: TrainableSetup,
  { point, base }: { readonly point: ResumePoint | undefined; readonly base: Evaluation },
): Promise<LoopResult> {
  const { plan, control } = context;
  const { settings, steps } = plan;
  const paths = runPaths(settings.out);
  const averaging = averagingOf(settings);
  const warmup = warmupSteps(settings.warmup, steps);
  const { log, before } = openLogs(plan, point?.state.step);
  const watched = watchedLog(log, {
    run: { steps, warmup, metric: plan.metric },
    before,
    tell: ({ message }) => control.onEvent({ type: "note", message: `warning: ${message}` }),
  });
  if (point !== undefined) log.append({ resumed: point.state.step });
  else if (startsFromComponents(context.head)) log.append({ base: valuesOf(base) });
  try {
    return await trainingLoop({
      ...settings,
      ...plan,
      ...control,
      trainable,
      batches: batchCursor(plan.sampler, point?.state.sampler),
      schedule: {
        schedule: settings.schedule,
        rate: settings.lr,
        warmup,
        steps,
      },
      saveShare: settings.saveEvery === undefined ? SAVE_SHARE : undefined,
      snapshots: averaging.kind === "last" ? averaging.count : undefined,
      keepsBest: interpolationOf(settings, plan).kind === "off",
      checkpoints: paths.checkpoints,
      log: watched,
      describeRows: (rows) => describeRows(plan, rows),
      fileOf:
        plan.files.length === 1
          ? undefined
          : (rows) => plan.files[fileNumber(plan.files, rows)].file,
      start: point?.state,
    });
  } finally {
    log.close();
  }
}
