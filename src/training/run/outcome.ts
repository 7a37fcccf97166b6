import type { Comparison } from "../../evaluation/bootstrap.js";
import type { Evaluation } from "../../evaluation/metric.js";
import { deciding, scoreReport } from "../../evaluation/score-report.js";
import { interpolate, type LineStart, type Parameters } from "../model/interpolate.js";
import type { RunContext } from "../model/run-context.js";
import { type Interpolation, interpolationOf } from "../options/interpolation.js";
import type { TrainingPlan } from "../plan/plan.js";
import { readBest } from "../run-folder/best.js";
import { readEnd } from "../run-folder/end-of-training.js";
import { type InterpolationRecord, runPaths } from "../run-folder/run-folder.js";
import type { Best } from "../run-folder/run-state.js";
import type { TrainableSetup } from "../update/trainable.js";
import { chooseAlpha, type LinePoint, likelyAlpha, valueAt } from "./choose-alpha.js";
import type { MeasuredLine } from "./fold-lines.js";
import { linePoints, tellPoints } from "./line-points.js";
import type { LoopResult } from "./loop.js";

/** What goes out of a run. */
export interface Outcome {
  /** Undefined: the base itself, unchanged. */
  readonly parameters: Parameters | undefined;
  /** The step that they are from, 0 for the start, and what they gave when they were chosen. */
  readonly best: Best;
  readonly interpolation?: InterpolationRecord | undefined;
  /** Where the rows chose what training started from: the end of training against it. */
  readonly passedOver?: Comparison | undefined;
}

/** How training ended. */
interface Ended {
  readonly result: LoopResult;
  /** The start, where it is not the base: a head that reduces dimensions. */
  readonly initial: Parameters | undefined;
  /** The base on the selecting data. */
  readonly base: Evaluation;
  /** The line by folds, where there are some. */
  readonly folded: MeasuredLine | undefined;
}

/** The best checkpoint, or the point of the line from the start to the last step that was given or that the selecting data choose. */
export async function chooseOutcome(
  context: RunContext,
  training: TrainableSetup,
  ended: Ended,
): Promise<Outcome> {
  const interpolation = interpolationOf(context.plan.settings, context.plan);
  return interpolation.kind === "off"
    ? bestCheckpoint(context, training, ended)
    : onLine(context, training, { ...ended, interpolation });
}

async function bestCheckpoint(
  { plan }: RunContext,
  { trainable }: TrainableSetup,
  { result, initial, base }: Ended,
): Promise<Outcome> {
  const { best } = result;
  const { checkpoints } = runPaths(plan.settings.out);
  if (best.step > 0) return { parameters: readBest(checkpoints, best.step), best };
  // A run that is resumed where it had ended has measured no step.
  const end = result.last ?? (await plan.evaluator.run(trainable.embed));
  if (initial !== undefined) await trainable.load(initial);
  const start = initial === undefined ? base : await plan.evaluator.run(trainable.embed);
  return { parameters: initial, best, passedOver: endAgainstBase(plan, { base: start, end }) };
}

interface EndedOnLine extends Ended {
  readonly interpolation: Exclude<Interpolation, { kind: "off" }>;
}

async function onLine(
  context: RunContext,
  training: TrainableSetup,
  ended: EndedOnLine,
): Promise<Outcome> {
  const { settings, metric } = context.plan;
  const { result, initial, interpolation } = ended;
  // As they lie on the disk, so that an export makes the same point of them.
  const end = readEnd(runPaths(settings.out).checkpoints, result.step, settings);
  const line = { start: await training.start(), end };
  const points = await pointsOf(context, training, line, ended);
  const alpha =
    interpolation.kind === "given"
      ? interpolation.alpha
      : chooseAlpha(points, { metric, likely: likelyAlpha(settings), seed: settings.seed });
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
    },
    passedOver:
      alpha === 0 && interpolation.kind !== "given"
        ? endsCompared(points, context.plan)
        : undefined,
  };
}

async function pointsOf(
  context: RunContext,
  training: TrainableSetup,
  line: { readonly start: LineStart; readonly end: Parameters },
  { interpolation, base, folded }: EndedOnLine,
): Promise<readonly LinePoint[]> {
  if (interpolation.kind === "folds") return tellPoints(context, folded?.points ?? []);
  const alphas =
    interpolation.kind === "given" ? around(interpolation.alpha) : interpolation.alphas;
  return linePoints(context, training, { ...line, alphas, base });
}

function endsCompared(points: readonly LinePoint[], plan: TrainingPlan): Comparison | undefined {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return endAgainstBase(plan, { base: first.evaluation, end: last.evaluation });
}

/** How sure it is that the end of training is no better than the base. */
function endAgainstBase(
  { metric, selectsOn, settings }: TrainingPlan,
  { base, end }: { readonly base: Evaluation; readonly end: Evaluation },
): Comparison | undefined {
  const report = scoreReport({
    file: selectsOn,
    primary: metric,
    model: { name: "end", evaluation: end },
    base: { name: "base", evaluation: base },
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
