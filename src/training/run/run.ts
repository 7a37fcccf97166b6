import { basename } from "node:path";
import { batchCursor } from "../../dataset/batches/sampler.js";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { startsFromComponents } from "../../encoder/head.js";
import { UserError } from "../../errors/user-error.js";
import { type Evaluation, measures } from "../../evaluation/metric.js";
import { type ScoreReport, scoreReport } from "../../evaluation/score-report.js";
import { warmupSteps } from "../../optim/schedule.js";
import { collectLargeArrays } from "../../runtime/collect-garbage.js";
import { requireMemory } from "../memory/require-memory.js";
import { expectedTime } from "../model/expected-time.js";
import { openResources, type Resources } from "../model/resources.js";
import { openAuxiliaryOf, openContext, type RunContext } from "../model/run-context.js";
import { requireFittingModel } from "../model/step-options.js";
import type { TrainedParts } from "../model/trained-parts.js";
import { averagingOf } from "../options/averaging.js";
import { interpolationOf } from "../options/interpolation.js";
import { fileNumber } from "../plan/objective-groups.js";
import { describeRows, type TrainingPlan, trainedTexts } from "../plan/plan.js";
import { writeBest } from "../run-folder/best.js";
import { readCheckpoint } from "../run-folder/checkpoint.js";
import type { RunControl } from "../run-folder/events.js";
import { keepEvaluation } from "../run-folder/kept-evaluation.js";
import { type RunRecord, runPaths, writeRun } from "../run-folder/run-folder.js";
import { setUp } from "../update/set-up.js";
import type { TrainableSetup } from "../update/trainable.js";
import { watchedLog } from "../watch/watched-log.js";
import { baseEvaluation } from "./base-evaluation.js";
import { claimRun } from "./claim-run.js";
import { type LoopResult, trainingLoop, valuesOf } from "./loop.js";
import { observed } from "./observed.js";
import { chooseOutcome, type Outcome } from "./outcome.js";
import { requireSelected } from "./require-selected.js";
import { type ResumePoint, resumePoint, resumption } from "./resume.js";
import { lossesOf, openLogs } from "./run-logs.js";
import { newRecord, withResult } from "./run-record.js";
import { baseOnTest, scoreTest } from "./test-scores.js";

/** Most of a run's time that goes into checkpoints where --save-every does not say when they are due. */
const SAVE_SHARE = 0.05;

export interface RunOptions extends RunControl {
  /** Replace the run in the plan's folder. */
  readonly overwrite?: boolean | undefined;
  /** Go on with the run in the plan's folder. */
  readonly resume?: boolean | undefined;
  /** Go on although data, base model or options have changed. */
  readonly resumeAnyway?: boolean | undefined;
  /** What other runs have opened; left open. */
  readonly resources?: Resources;
}

/** What a finished run gives to whoever writes its model folder and its report. */
export interface TrainedRun extends TrainedParts {
  readonly folder: string;
  readonly record: RunRecord;
  readonly encoder: EncoderInfo;
  /** The base model and the chosen one on the selecting data; absent where nothing was measured. */
  readonly scores?: ScoreReport;
  /** Both on the rows that --test-part has set aside. */
  readonly test?: ScoreReport | undefined;
  /** Whether the base itself was best and goes out unchanged: there are no trained parts. */
  readonly unchanged: boolean;
}

/**
 * Trains as planned: evaluates the base, trains the head or the encoder, keeps checkpoints, evaluates the best one.
 * Writes the run folder except its model/. An abort ends it with an InterruptedError after a checkpoint.
 */
export async function runTraining(plan: TrainingPlan, options: RunOptions): Promise<TrainedRun> {
  const { settings } = plan;
  const lock = claimRun(settings, {
    resume: options.resume ?? false,
    overwrite: options.overwrite ?? false,
  });
  try {
    return await runLocked(plan, options);
  } finally {
    lock.release();
  }
}

async function runLocked(plan: TrainingPlan, options: RunOptions): Promise<TrainedRun> {
  if (options.resources !== undefined) return runWith(options.resources, plan, options);
  const resources = await openResources(plan.settings, trainedTexts(plan));
  try {
    return await runWith(resources, plan, options);
  } finally {
    await resources.close();
  }
}

async function runWith(
  resources: Resources,
  planned: TrainingPlan,
  given: RunOptions,
): Promise<TrainedRun> {
  const { info } = resources.encoder;
  const { plan, options, notes } = observed(planned, given);
  const auxiliary = await openAuxiliaryOf(plan, resources, options);
  try {
    const { threads } = resources.runtime;
    const record = { ...newRecord(plan, { info, threads, auxiliary }), notes };
    const context = openContext(plan, resources, { auxiliary, control: options });
    requireFittingModel(context);
    await requireMemory(context);
    const point = options.resume ? goOn(context.plan, record, options) : undefined;
    if (!options.resume || options.resumeAnyway) await writeRun(plan.settings.out, record);
    const expected = await expectedTime(context.plan, context.encoder, point?.state.step);
    options.onEvent({ type: "expected", ...expected });
    return await train(context, record, { point, shared: options.resources !== undefined });
  } finally {
    await auxiliary?.close();
  }
}

/** Where a run goes on; what the user should know is told. */
function goOn(
  plan: TrainingPlan,
  record: RunRecord,
  { resumeAnyway, onEvent }: RunOptions,
): ResumePoint | undefined {
  const { point, notes } = resumption(plan, record, resumeAnyway ?? false);
  for (const message of notes) onEvent({ type: "note", message });
  return point;
}

async function train(
  context: RunContext,
  begun: RunRecord,
  { point: found, shared }: { readonly point: ResumePoint | undefined; readonly shared: boolean },
): Promise<TrainedRun> {
  const started = performance.now();
  const base = await baseEvaluation(context, context.plan.evaluator);
  // Now, since the base's encoder is let go before the first step.
  const untrained = await baseOnTest(context);
  const training = await setUp(context, shared);
  const { tensors: trained } = training;
  const record = trained === undefined ? begun : { ...begun, trained };
  if (trained !== undefined) await writeRun(context.plan.settings.out, record);
  await collectLargeArrays();
  try {
    // A head that reduces dimensions is not the base before its first update either.
    const apart = startsFromComponents(context.head);
    const initial = apart ? await training.trainable.parameters() : undefined;
    const point = await restored(context, training.trainable, found);
    if (initial !== undefined && point === undefined) {
      await writeBest(runPaths(context.plan.settings.out).checkpoints, 0, training.trainable);
    }
    const result = await runLoop(context, training, { point, base });
    const outcome = await chooseOutcome(context, training, { result, initial, base });
    const { parameters, interpolation } = outcome;
    const tuned = await measuredAgain(context, training, { outcome, base });
    // A line is measured by this process, a checkpoint perhaps by another.
    const elsewhere = interpolation === undefined && (point?.elsewhere ?? false);
    if (parameters !== undefined) requireSelected(context.plan, outcome.best, { tuned, elsewhere });
    const parts = parameters && training.parts(parameters);
    const test = await scoreTest(context, untrained, parts && training.trainable.embed);
    const seconds = (performance.now() - started) / 1000;
    return await finished(context, record, { result, outcome, parts, base, tuned, test, seconds });
  } finally {
    await training.trainable.release();
  }
}

/** What goes out, as it is after it was put in place. */
async function measuredAgain(
  { plan }: RunContext,
  { trainable }: TrainableSetup,
  { outcome, base }: { readonly outcome: Outcome; readonly base: Evaluation },
): Promise<Evaluation> {
  if (outcome.parameters === undefined) return base;
  await trainable.load(outcome.parameters);
  return plan.evaluator.run(trainable.embed);
}

interface Ending {
  readonly result: LoopResult;
  readonly outcome: Outcome;
  readonly parts: TrainedParts | undefined;
  readonly base: Evaluation;
  readonly tuned: Evaluation;
  readonly test: ScoreReport | undefined;
  readonly seconds: number;
}

/** Compares the chosen model with the base, and writes run.json for the last time. */
async function finished(
  { plan, encoder }: RunContext,
  begun: RunRecord,
  { result, outcome, parts, base, tuned, test, seconds }: Ending,
): Promise<TrainedRun> {
  const { info } = encoder;
  const report = scoreReport({
    file: plan.selectsOn,
    primary: plan.metric,
    model: { name: "tuned", evaluation: tuned },
    base: { name: info.name, evaluation: base },
    selected: true,
    known: plan.known,
    seed: plan.settings.seed,
  });
  const scores = measures(plan.evaluator) ? { scores: report } : {};
  const losses = lossesOf(plan);
  const record = withResult(begun, { ...result, ...outcome, seconds, losses, ...scores, test });
  await keepEvaluation(plan.settings.out, { base, tuned });
  await writeRun(plan.settings.out, record);
  const unchanged = parts === undefined;
  return { folder: plan.settings.out, record, encoder: info, ...scores, test, unchanged, ...parts };
}

/**
 * Puts the checkpoint in place, or the one before it where its tensors are none of this model's. What was read is let go before
 * the first step.
 */
async function restored(
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

async function runLoop(
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
      keepsBest: interpolationOf(settings, plan.evaluator).kind === "off",
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
