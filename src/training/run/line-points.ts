import { startsFromComponents } from "../../encoder/head.js";
import { type Evaluation, measures } from "../../evaluation/metric.js";
import { finerFigure } from "../../evaluation/tie-break.js";
import { collectLargeArrays } from "../../runtime/collect-garbage.js";
import { interpolated, type LineStart, type Parameters } from "../model/interpolate.js";
import type { RunContext } from "../model/run-context.js";
import type { RunControl } from "../run-folder/events.js";
import { openLog, type RunLog } from "../run-folder/log.js";
import { runPaths } from "../run-folder/run-folder.js";
import type { TrainableSetup } from "../update/trainable.js";
import type { LinePoint } from "./choose-alpha.js";
import { valuesOf } from "./loop.js";

/** A line and the points of it that are measured. */
interface Line {
  readonly start: LineStart;
  readonly end: Parameters;
  readonly alphas: readonly number[];
  readonly base: Evaluation;
  /** Whether the figures of single rows are kept. */
  readonly withDetails?: boolean;
}

/** The points of the line on the selecting data, each told and logged; none where nothing is measured. */
export async function linePoints(
  { plan, head, control }: RunContext,
  { trainable }: TrainableSetup,
  { start, end, alphas, base, withDetails = false }: Line,
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
      tellPoint(log, control, { alpha, evaluation: found });
      // Sampled vectors and, of many rows, their details would be held for each point.
      const { sample: _, details, ...figures } = found;
      const evaluation = withDetails ? { ...figures, details } : figures;
      points.push({ alpha, finer: finerFigure(found, plan.metric), evaluation });
    }
  } finally {
    log.close();
  }
  return points;
}

/** Points that were measured elsewhere, told and logged like the run's own. */
export function tellPoints(
  { plan, control }: RunContext,
  points: readonly LinePoint[],
): readonly LinePoint[] {
  const log = openLog(runPaths(plan.settings.out).log);
  try {
    for (const point of points) tellPoint(log, control, point);
  } finally {
    log.close();
  }
  return points;
}

function tellPoint(
  log: RunLog,
  { onEvent }: RunControl,
  { alpha, evaluation }: Pick<LinePoint, "alpha" | "evaluation">,
): void {
  const record = { alpha, scores: valuesOf(evaluation) };
  log.append(record);
  onEvent({ type: "interpolation", record });
}
