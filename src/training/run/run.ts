import { existsSync, rmSync } from "node:fs";
import type { EncoderInfo } from "../../encoder/encoder.js";
import { startsFromComponents } from "../../encoder/head.js";
import type { Evaluation } from "../../evaluation/metric.js";
import { type ScoreReport, scoreReport } from "../../evaluation/score-report.js";
import { collectLargeArrays } from "../../runtime/collect-garbage.js";
import { requireMemory } from "../memory/require-memory.js";
import { expectedTime } from "../model/expected-time.js";
import { openResources, type Resources } from "../model/resources.js";
import { openAuxiliaryOf, openContext, type RunContext } from "../model/run-context.js";
import { requireFittingModel } from "../model/step-options.js";
import type { TrainedParts } from "../model/trained-parts.js";
import { type TrainingPlan, trainedTexts } from "../plan/plan.js";
import { writeBest } from "../run-folder/best.js";
import type { RunControl } from "../run-folder/events.js";
import { keepEvaluation } from "../run-folder/kept-evaluation.js";
import { type RunRecord, runPaths, writeRun } from "../run-folder/run-folder.js";
import { setUp } from "../update/set-up.js";
import type { TrainableSetup } from "../update/trainable.js";
import { baseEvaluation } from "./base-evaluation.js";
import { valueAt } from "./choose-alpha.js";
import { claimRun } from "./claim-run.js";
import { foldLines, type MeasuredLine } from "./fold-lines.js";
import type { LoopResult } from "./loop.js";
import { observed } from "./observed.js";
import { chooseOutcome, type Outcome } from "./outcome.js";
import { requireSelected } from "./require-selected.js";
import { type ResumePoint, resumption } from "./resume.js";
import { lossesOf } from "./run-logs.js";
import { restored, runLoop } from "./run-loop.js";
import { newRecord, withResult } from "./run-record.js";
import { baseOnTest, scoreTest } from "./test-scores.js";

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
    await requireFittingModel(context);
    await requireMemory(context);
    const point = options.resume ? goOn(context.plan, record, options) : undefined;
    if (!options.resume || options.resumeAnyway) await writeRun(plan.settings.out, record);
    const expected = await expectedTime(context.plan, context.encoder, point?.state.step);
    options.onEvent({ type: "expected", ...expected });
    const started = performance.now();
    const resume = options.resume ?? false;
    const folded = await foldLines(plan, resources, { ...options, resume });
    const shared = options.resources !== undefined;
    return await train(context, record, { point, started, folded, shared });
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
  const { point, notes, changed } = resumption(plan, record, resumeAnyway ?? false);
  const { folds } = runPaths(plan.settings.out);
  const dropped = changed && existsSync(folds);
  if (dropped) rmSync(folds, { recursive: true });
  const why =
    "what its folds have learnt is dropped: it may be of rows or options that are others now";
  for (const message of [...notes, ...(dropped ? [why] : [])]) onEvent({ type: "note", message });
  return point;
}

interface Beginning {
  readonly point: ResumePoint | undefined;
  readonly started: number;
  /** What the folds found, where there are some. */
  readonly folded: MeasuredLine | undefined;
  /** Whether other runs use the encoder too. */
  readonly shared: boolean;
}

async function train(
  context: RunContext,
  begun: RunRecord,
  { point: found, started, folded, shared }: Beginning,
): Promise<TrainedRun> {
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
    const looped = await runLoop(context, training, { point, base });
    const start = folded ? valueAt(folded.points[0], context.plan.metric) : looped.start;
    const result = { ...looped, start };
    const outcome = await chooseOutcome(context, training, { result, initial, base, folded });
    const { parameters, interpolation } = outcome;
    const tuned = await measuredAgain(context, training, { outcome, base });
    // A line is measured by this process, a checkpoint perhaps by another.
    const elsewhere = interpolation === undefined && (point?.elsewhere ?? false);
    if (parameters !== undefined) requireSelected(context.plan, outcome.best, { tuned, elsewhere });
    const parts = parameters && training.parts(parameters);
    const test = await scoreTest(context, untrained, parts && training.trainable.embed);
    const seconds = (performance.now() - started) / 1000;
    const measured = foldedPair(folded, interpolation?.alpha) ?? { base, tuned };
    return await finished(context, record, { result, outcome, parts, ...measured, test, seconds });
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

/** Base and chosen point, as the folds measured them. */
function foldedPair(
  folded: MeasuredLine | undefined,
  alpha: number | undefined,
): { readonly base: Evaluation; readonly tuned: Evaluation } | undefined {
  const chosen = folded?.points.find((point) => point.alpha === alpha);
  return folded && chosen && { base: folded.base, tuned: chosen.evaluation };
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
  const scores = tuned.metrics.length > 0 ? { scores: report } : {};
  const losses = lossesOf(plan);
  const record = withResult(begun, { ...result, ...outcome, seconds, losses, ...scores, test });
  await keepEvaluation(plan.settings.out, { base, tuned });
  await writeRun(plan.settings.out, record);
  const unchanged = parts === undefined;
  return { folder: plan.settings.out, record, encoder: info, ...scores, test, unchanged, ...parts };
}
