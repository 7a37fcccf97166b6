import { mkdirSync } from "node:fs";
import { internal } from "../../errors/internal.js";
import type { Evaluation } from "../../evaluation/metric.js";
import { pooled } from "../../evaluation/pooled.js";
import { finerFigure } from "../../evaluation/tie-break.js";
import type { Resources } from "../model/resources.js";
import { openAuxiliaryOf, openContext, type RunContext } from "../model/run-context.js";
import { interpolationOf } from "../options/interpolation.js";
import type { TrainingPlan } from "../plan/plan.js";
import { readEnd } from "../run-folder/end-of-training.js";
import type { RunControl } from "../run-folder/events.js";
import { runPaths } from "../run-folder/run-folder.js";
import { setUp } from "../update/set-up.js";
import { baseEvaluation } from "./base-evaluation.js";
import type { LinePoint } from "./choose-alpha.js";
import { linePoints } from "./line-points.js";
import { foldResumption } from "./resume.js";
import { restored, runLoop } from "./run-loop.js";

interface FoldControl extends RunControl {
  /** Go on with what an earlier process has left of the folds. */
  readonly resume: boolean;
}

/** The base, and the line from start to end of training, on rows that were not trained on. */
export interface MeasuredLine {
  readonly base: Evaluation;
  readonly points: readonly LinePoint[];
}

/**
 * Trains on all folds but one, for each of them, and measures base and line on the one that was left out: the figures of all rows together.
 * Undefined where the plan has no folds. A fold that was trained before is measured again only.
 */
export async function foldLines(
  plan: TrainingPlan,
  resources: Resources,
  control: FoldControl,
): Promise<MeasuredLine | undefined> {
  const { folds } = plan;
  if (folds.length === 0) return undefined;
  const lines: MeasuredLine[] = [];
  const told = new Set<string>();
  for (const [i, fold] of folds.entries()) {
    const onEvent: RunControl["onEvent"] = (event) => {
      if (event.type !== "note")
        return control.onEvent({ type: "fold", fold: i + 1, of: folds.length, event });
      // The same in every fold, but for its figures.
      const kind = event.message.replace(/[\d.]+/g, "");
      if (!told.has(kind))
        control.onEvent({ type: "note", message: `fold ${i + 1}: ${event.message}` });
      told.add(kind);
    };
    lines.push(await foldLine(fold, resources, { ...control, onEvent }));
  }
  const points = lines[0].points.map(({ alpha }, i): LinePoint => {
    const evaluation = pooled(lines.map((line) => line.points[i].evaluation));
    return { alpha, evaluation, finer: finerFigure(evaluation, plan.metric) };
  });
  return { base: pooled(lines.map(({ base }) => base)), points };
}

async function foldLine(
  plan: TrainingPlan,
  resources: Resources,
  control: FoldControl,
): Promise<MeasuredLine> {
  // What the model is told of once is not told again for each fold.
  const silent = { ...control, onEvent: () => {} };
  const auxiliary = await openAuxiliaryOf(plan, resources, silent);
  try {
    const { control: _, ...opened } = openContext(plan, resources, { auxiliary, control: silent });
    return await trainedLine({ ...opened, control }, control.resume);
  } finally {
    await auxiliary?.close();
  }
}

async function trainedLine(context: RunContext, resume: boolean): Promise<MeasuredLine> {
  const { plan } = context;
  const { settings } = plan;
  const { checkpoints } = runPaths(settings.out);
  mkdirSync(checkpoints, { recursive: true });
  const base = await baseEvaluation(context, plan.evaluator);
  const training = await setUp(context, true);
  try {
    const found = resume ? foldResumption(plan) : undefined;
    for (const message of found?.notes ?? []) context.control.onEvent({ type: "note", message });
    const point = await restored(context, training.trainable, found?.point);
    const result = await runLoop(context, training, { point, base });
    const line = interpolationOf(settings, plan);
    if (line.kind !== "search") internal("a fold that searches no point");
    const { alphas } = line;
    const ends = {
      start: await training.start(),
      end: readEnd(checkpoints, result.step, settings),
    };
    const measured = { ...ends, alphas, base, withDetails: true };
    return { base, points: await linePoints(context, training, measured) };
  } finally {
    await training.trainable.release();
  }
}
