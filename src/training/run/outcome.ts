import { startsFromComponents } from "../../encoder/head.js";
import type { Comparison } from "../../evaluation/bootstrap.js";
import { type Evaluation, measures } from "../../evaluation/metric.js";
import { deciding, scoreReport } from "../../evaluation/score-report.js";
import { finerFigure } from "../../evaluation/tie-break.js";
import { collectLargeArrays } from "../../runtime/collect-garbage.js";
import {
  interpolate,
  interpolated,
  type LineStart,
  type Parameters,
} from "../model/interpolate.js";
import type { RunContext } from "../model/run-context.js";
import { type Interpolation, interpolationOf } from "../options/interpolation.js";
import type { TrainingPlan } from "../plan/plan.js";
import { readBest } from "../run-folder/best.js";
import { readEnd } from "../run-folder/end-of-training.js";
import { openLog } from "../run-folder/log.js";
import { type InterpolationRecord, runPaths } from "../run-folder/run-folder.js";
import type { Best } from "../run-folder/run-state.js";
import type { TrainableSetup } from "../update/trainable.js";
import { chooseAlpha, type LinePoint, valueAt } from "./choose-alpha.js";
import { type LoopResult, valuesOf } from "./loop.js";

/** What goes out of a run. */
export interface Outcome {
  /** Undefined: the base itself, unchanged. */
  readonly parameters: Parameters | undefined;
  /** The step that they are from, 0 for the start, and what they gave when they were chosen. */
  readonly best: Best;
  readonly interpolation?: InterpolationRecord | undefined;
}

/** How training ended. */
interface Ended {
  readonly result: LoopResult;
  /** The start, where it is not the base: a head that reduces dimensions. */
  readonly initial: Parameters | undefined;
  /** The base on the selecting data. */
  readonly base: Evaluation;
}

/** The best checkpoint, or the point of the line from the start to the last step that was given or that the selecting data choose. */
export async function chooseOutcome(
  context: RunContext,
  training: TrainableSetup,
  ended: Ended,
): Promise<Outcome> {
  const { settings, evaluator } = context.plan;
  const interpolation = interpolationOf(settings, evaluator);
  const { checkpoints } = runPaths(settings.out);
  const { result, initial } = ended;
  if (interpolation.kind !== "off") return onLine(context, training, { ...ended, interpolation });
  const { best } = result;
  return { parameters: best.step > 0 ? readBest(checkpoints, best.step) : initial, best };
}

interface EndedOnLine extends Ended {
  readonly interpolation: Exclude<Interpolation, { kind: "off" }>;
}

async function onLine(
  context: RunContext,
  training: TrainableSetup,
  { result, initial, base, interpolation }: EndedOnLine,
): Promise<Outcome> {
  const { settings, metric } = context.plan;
  // As they lie on the disk, so that an export makes the same point of them.
  const end = readEnd(runPaths(settings.out).checkpoints, result.step, settings);
  const line = { start: await training.start(), end };
  const alphas =
    interpolation.kind === "given" ? around(interpolation.alpha) : interpolation.alphas;
  const points = await measured(context, training, { ...line, alphas, base });
  const alpha =
    interpolation.kind === "given"
      ? interpolation.alpha
      : chooseAlpha(points, metric, settings.seed);
  const chosen = points.find((point) => point.alpha === alpha);
  const value = chosen === undefined ? Number.NaN : valueAt(chosen, metric);
  const parameters = alpha === 0 ? initial : interpolate(line.start, end, alpha);
  return {
    parameters,
    best: { step: alpha === 0 ? 0 : result.step, value },
    interpolation: {
      alpha,
      by: interpolation.kind,
      end: settings.average === "off" ? "the last step" : settings.average,
      curve: points.map((point) => ({ alpha: point.alpha, value: valueAt(point, metric) })),
      passedOver: parameters === undefined ? endAgainstBase(points, context.plan) : undefined,
    },
  };
}

/** How sure it is that the end of training is no better than the base. */
function endAgainstBase(
  points: readonly LinePoint[],
  { metric, selectsOn, settings }: TrainingPlan,
): Comparison | undefined {
  const [base, end] = [points[0], points.at(-1)];
  if (base === undefined || end === undefined || base === end) return undefined;
  const report = scoreReport({
    file: selectsOn,
    primary: metric,
    model: { name: "end", evaluation: end.evaluation },
    base: { name: "base", evaluation: base.evaluation },
    selected: true,
    decidingOnly: true,
    seed: settings.seed,
  });
  return deciding(report);
}

/** The point with both ends. */
function around(alpha: number): number[] {
  return [...new Set([0, alpha, 1])].sort((a, b) => a - b);
}

interface Line {
  readonly start: LineStart;
  readonly end: Parameters;
  readonly alphas: readonly number[];
  readonly base: Evaluation;
}

/** The points of the line on the selecting data, each told and logged; none where nothing is measured. */
async function measured(
  { plan, head, control }: RunContext,
  { trainable }: TrainableSetup,
  { start, end, alphas, base }: Line,
): Promise<LinePoint[]> {
  if (!measures(plan.evaluator)) return [];
  const points: LinePoint[] = [];
  const log = openLog(runPaths(plan.settings.out).log);
  try {
    for (const alpha of alphas) {
      const isBase = alpha === 0 && !startsFromComponents(head);
      if (!isBase) await trainable.load(interpolated(start, end, alpha));
      // Each point is as large as the model.
      await collectLargeArrays();
      const found = isBase ? base : await plan.evaluator.run(trainable.embed);
      const record = { alpha, scores: valuesOf(found) };
      log.append(record);
      control.onEvent({ type: "interpolation", record });
      // Details of rows and sampled vectors would be held for each point.
      const { task, rows, metrics, units } = found;
      const finer = finerFigure(found, plan.metric);
      points.push({ alpha, finer, evaluation: { task, rows, metrics, units } });
    }
  } finally {
    log.close();
  }
  return points;
}
