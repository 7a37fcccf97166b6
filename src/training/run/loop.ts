import type { BatchCursor, SamplerState } from "../../dataset/batches/sampler.js";
import { InterruptedError } from "../../errors/interrupted.js";
import { UserError } from "../../errors/user-error.js";
import { type Evaluation, measures, metricOf } from "../../evaluation/metric.js";
import { finerFigure, isBetter } from "../../evaluation/tie-break.js";
import { learningRate, type Schedule } from "../../optim/schedule.js";
import type { TrainSettings } from "../options/settings.js";
import type { TrainingPlan } from "../plan/plan.js";
import { writeBest } from "../run-folder/best.js";
import { checkpointSteps, prune, writeCheckpoint } from "../run-folder/checkpoint.js";
import type { RunControl } from "../run-folder/events.js";
import { meansByFile } from "../run-folder/file-losses.js";
import type { RunLog } from "../run-folder/log.js";
import type { Best, RunState } from "../run-folder/run-state.js";
import { pruneSnapshots, writeSnapshot } from "../run-folder/snapshots.js";
import type { Trainable, UpdateResult } from "../update/trainable.js";

/** What the loop takes from the settings of a run, from its plan, and to be watched and stopped. */
type FromRun = Pick<TrainSettings, "accumulate" | "keep" | "patience"> &
  Pick<
    TrainingPlan,
    "evaluator" | "metric" | "steps" | "stepsPerEpoch" | "evalEvery" | "saveEvery"
  > &
  RunControl;

export interface LoopOptions<Batch> extends FromRun {
  readonly trainable: Trainable<Batch>;
  readonly batches: BatchCursor;
  readonly schedule: Schedule;
  /** A due checkpoint waits for the next time where it would take more than this share of the time since the last one. Default: none waits. */
  readonly saveShare?: number | undefined;
  /** Whether the parameters of the best evaluation are kept; default true. */
  readonly keepsBest?: boolean | undefined;
  /** How many of the last evaluations' parameters are kept for their mean; default none. */
  readonly snapshots?: number | undefined;
  /** The run's checkpoints/ folder. */
  readonly checkpoints: string;
  readonly log: RunLog;
  /** Names the rows of a batch (file and lines) in errors. */
  readonly describeRows: (rows: Int32Array) => string;
  /** Where there are several files: the one that rows of a batch are from. */
  readonly fileOf?: ((rows: Int32Array) => string) | undefined;
  /** Where a resumed run stands. */
  readonly start?: RunState | undefined;
}

export interface LoopResult {
  /** Updates made in all. */
  readonly step: number;
  readonly best: Best;
  /** The deciding metric of the model that training started from. */
  readonly start: number;
  /** The last evaluation of a step, without details and vectors; absent where this process made none. */
  readonly last?: Evaluation | undefined;
  readonly stoppedEarly: boolean;
}

/** A drawn batch, its inputs, and the sampler's state after it. */
interface Drawn<Batch> {
  readonly rows: Int32Array;
  /** The file of each batch of the update, where there are several. */
  readonly files: readonly string[] | undefined;
  readonly batch: Batch;
  readonly sampler: SamplerState;
}

/** What changes from step to step. */
interface Progress {
  step: number;
  best: Best;
  start: number;
  last?: Evaluation;
  evaluationsSinceBest: number;
  sampler: SamplerState;
  saved: number;
  /** When the last checkpoint was done, and the milliseconds that it took. */
  savedAt: number;
  saveTime: number;
}

/**
 * The training loop: evaluate the start as step 0, then update, evaluate every `evalEvery`, keep the best parameters
 * where they are to go out, write a checkpoint every `saveEvery`, stop early after `patience` evaluations without a better one. Where nothing is
 * measured, the last step counts as the best. The next batch is prepared while an update runs. Interrupted: finish the step,
 * write a checkpoint, throw InterruptedError.
 * A loss or gradient that is not finite throws a UserError; the last checkpoint stays.
 */
export async function trainingLoop<Batch>(options: LoopOptions<Batch>): Promise<LoopResult> {
  const progress = beginning(options);
  if (options.start === undefined) await evaluateStep(options, progress);
  let upcoming = progress.step < options.steps ? draw(options) : undefined;
  while (upcoming !== undefined && !outOfPatience(options, progress)) {
    const drawn = upcoming;
    progress.step += 1;
    const updating = update(options, progress, drawn);
    upcoming = progress.step < options.steps ? draw(options) : undefined;
    await updating;
    progress.sampler = drawn.sampler;
    if (isDue(options.evalEvery, progress, options)) await evaluateStep(options, progress);
    if (isDue(options.saveEvery, progress, options) && isCheap(options, progress))
      await save(options, progress);
    await stopIfInterrupted(options, progress);
  }
  if (progress.saved < progress.step) await save(options, progress);
  return {
    step: progress.step,
    best: progress.best,
    start: progress.start,
    last: progress.last,
    stoppedEarly: progress.step < options.steps,
  };
}

function beginning<Batch>(options: LoopOptions<Batch>): Progress {
  const { start, batches } = options;
  const untimed = { savedAt: performance.now(), saveTime: 0 };
  if (start !== undefined) return { ...start, saved: start.step, ...untimed };
  const best = { step: 0, value: Number.NEGATIVE_INFINITY };
  return {
    step: 0,
    best,
    start: Number.NaN,
    evaluationsSinceBest: 0,
    sampler: batches.state(),
    saved: 0,
    ...untimed,
  };
}

function draw<Batch>(options: LoopOptions<Batch>): Drawn<Batch> {
  const planned = Array.from({ length: options.accumulate }, () => options.batches.next());
  const sampler = options.batches.state();
  const rows = Int32Array.from(planned.flatMap((batch) => [...batch.rows]));
  const { fileOf } = options;
  const files = fileOf && planned.map((batch) => fileOf(batch.rows));
  return { rows, files, batch: options.trainable.prepare(planned), sampler };
}

function isDue<Batch>(every: number, { step }: Progress, options: LoopOptions<Batch>): boolean {
  return step % every === 0 || step === options.steps;
}

function isCheap<Batch>({ saveShare }: LoopOptions<Batch>, progress: Progress): boolean {
  const elapsed = performance.now() - progress.savedAt;
  return saveShare === undefined || progress.saveTime <= saveShare * elapsed;
}

function outOfPatience<Batch>(options: LoopOptions<Batch>, progress: Progress): boolean {
  return options.patience !== undefined && progress.evaluationsSinceBest >= options.patience;
}

async function update<Batch>(
  options: LoopOptions<Batch>,
  progress: Progress,
  drawn: Drawn<Batch>,
): Promise<void> {
  const { step } = progress;
  const lr = learningRate(options.schedule, step);
  const started = performance.now();
  const result = await options.trainable.update(drawn.batch, lr);
  if (!result.finite) throw notFinite(options, { step, lr, result, rows: drawn.rows });
  const record = {
    step,
    epoch: Number((step / options.stepsPerEpoch).toFixed(4)),
    loss: result.loss,
    losses: drawn.files === undefined ? undefined : meansByFile(drawn.files, result.losses),
    gradNorm: result.gradNorm,
    lr,
    ...result.figures,
    tokens: result.tokens,
    msPerStep: Number((performance.now() - started).toFixed(2)),
  };
  options.log.append(record);
  options.onEvent({ type: "step", steps: options.steps, record });
}

async function evaluateStep<Batch>(options: LoopOptions<Batch>, progress: Progress): Promise<void> {
  const { evaluator, trainable, metric } = options;
  if (options.snapshots !== undefined && progress.step > 0)
    await writeSnapshot(options.checkpoints, progress.step, trainable);
  const evaluation = await evaluator.run(trainable.embed);
  if (!measures(evaluator)) return keepLast(options, progress, evaluation);
  const value = metricOf(evaluation, metric)?.value ?? Number.NaN;
  const finer = finerFigure(evaluation, metric);
  const best = isBetter({ value, finer }, progress.best);
  const { glance, sample: _, details: __, ...figures } = evaluation;
  if (progress.step === 0) progress.start = value;
  else progress.last = figures;
  const record = { step: progress.step, eval: valuesOf(evaluation), analysis: glance };
  options.log.append(record);
  progress.evaluationsSinceBest = best ? 0 : progress.evaluationsSinceBest + 1;
  if (best) {
    progress.best = {
      step: progress.step,
      value,
      ...(Number.isNaN(finer) ? undefined : { finer }),
    };
    if (progress.step > 0) await keepBest(options, progress.step);
  }
  options.onEvent({ type: "evaluation", record, best });
}

async function keepLast<Batch>(
  options: LoopOptions<Batch>,
  progress: Progress,
  { glance }: Pick<Evaluation, "glance">,
): Promise<void> {
  const { step } = progress;
  if (glance !== undefined) options.log.append({ step, eval: {}, analysis: glance });
  if (step < options.steps) return;
  progress.best = { step, value: Number.NaN };
  await keepBest(options, step);
}

async function keepBest<Batch>(options: LoopOptions<Batch>, step: number): Promise<void> {
  const { keepsBest = true, checkpoints, trainable } = options;
  if (keepsBest) await writeBest(checkpoints, step, trainable);
}

/** The metrics of an evaluation as a plain record. */
export function valuesOf(evaluation: Evaluation): Record<string, number> {
  return Object.fromEntries(evaluation.metrics.map(({ key, value }) => [key, value]));
}

async function save<Batch>(options: LoopOptions<Batch>, progress: Progress): Promise<void> {
  const { step, best, start, evaluationsSinceBest, sampler } = progress;
  const state: RunState = { step, best, start, evaluationsSinceBest, sampler };
  const begun = performance.now();
  options.log.flush();
  const path = await writeCheckpoint(options.checkpoints, state, options.trainable);
  progress.saved = step;
  prune(options.checkpoints, options.keep);
  if (options.snapshots !== undefined)
    pruneSnapshots(options.checkpoints, options.snapshots, checkpointSteps(options.checkpoints));
  progress.savedAt = performance.now();
  progress.saveTime = progress.savedAt - begun;
  options.onEvent({ type: "checkpoint", step, path });
}

async function stopIfInterrupted<Batch>(
  options: LoopOptions<Batch>,
  progress: Progress,
): Promise<void> {
  if (!options.signal?.aborted || progress.step >= options.steps) return;
  if (progress.saved < progress.step) await save(options, progress);
  throw new InterruptedError(`interrupted after step ${progress.step}; a checkpoint was written`);
}

/** Before the first update the learning rate has done nothing yet. */
function notFiniteHint(step: number): string {
  const first =
    "the model itself gives it, before anything was changed: use its float32 file, or raise --temperature";
  const later = "lower --lr or raise --temperature";
  return `${step === 1 ? first : later}; the last checkpoint is kept and nothing after it was changed`;
}

function notFinite<Batch>(
  options: LoopOptions<Batch>,
  failure: {
    readonly step: number;
    readonly lr: number;
    readonly result: UpdateResult;
    readonly rows: Int32Array;
  },
): UserError {
  const { step, lr, result, rows } = failure;
  return new UserError(
    "not-finite",
    `the loss stopped being a finite number at step ${step}: loss ${result.loss}, gradient norm ${result.gradNorm}, ` +
      `learning rate ${lr.toPrecision(3)}, rows ${options.describeRows(rows)}`,
    { hint: notFiniteHint(step) },
  );
}
