import { counted } from "../../errors/counted.js";
import { askedClause } from "../../evaluation/score-report.js";
import type { Figure } from "../charts/figure.js";
import { lineChart, type Point, thinned } from "../charts/lines.js";
import { times100 } from "../scores.js";
import { pathFigure } from "./path-figure.js";
import type { RunData } from "./run-data.js";

/** Points of a drawn curve, and rows of its table. */
const DRAWN = 300;
const LISTED = 50;

/** How training went: loss, rate, gradient, the deciding metric, the line between start and end, alignment and uniformity. */
export function trainingFigures(data: RunData): Figure[] {
  return [
    ...metricFigure(data),
    ...lossFigure(data),
    ...rateFigure(data),
    ...interpolationFigure(data),
    ...pathFigure(data),
  ];
}

function steps({ log }: RunData) {
  return log.flatMap((record) => ("loss" in record ? [record] : []));
}

function lossFigure(data: RunData): Figure[] {
  const points = steps(data).map(({ step, loss }) => ({ x: step, y: loss }));
  if (points.length < 2) return [];
  const drawn = thinned(points, DRAWN);
  const [first, last] = [drawn[0].y, drawn[drawn.length - 1].y];
  const means =
    points.length > DRAWN
      ? ` Each point is the mean of about ${Math.round(points.length / DRAWN)} updates.`
      : "";
  return [
    {
      title: "Loss",
      caption: `The loss of the training batches goes from ${first.toFixed(3)} to ${last.toFixed(3)} over ${counted(points.length, "update")}.${means}`,
      panels: [{ spec: lineChart({ points: drawn, x: "step", y: "loss" }) }],
      table: pointTable(thinned(points, LISTED), ["#up to step", "#mean loss"], (y) =>
        y.toFixed(4),
      ),
    },
  ];
}

function rateFigure(data: RunData): Figure[] {
  const points = steps(data).map(({ step, lr }) => ({ x: step, y: lr }));
  if (points.length < 2) return [];
  const most = points.reduce((all, { y }) => Math.max(all, y), 0);
  const { schedule, warmup } = data.record.options;
  return [
    {
      title: "Learning rate",
      caption: `Schedule ${schedule}, warm-up ${warmup}: at most ${shownRate(most)}, at the end ${shownRate(points[points.length - 1].y)}.`,
      panels: [{ spec: lineChart({ points: thinned(points, DRAWN), x: "step", y: "rate" }) }],
      table: pointTable(thinned(points, LISTED), ["#up to step", "#mean rate"], (y) =>
        y.toPrecision(4),
      ),
    },
  ];
}

/** Three digits that count, without zeros behind them. */
function shownRate(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}

/** The base of the deciding metric, the chosen step and its interval, out of run.json. */
export function decided({ record }: RunData) {
  const { result, metric } = record;
  const scores = result?.scores;
  const own = scores?.model.metrics.find(({ key }) => key === metric);
  const base = scores?.base?.metrics.find(({ key }) => key === metric);
  if (result === undefined || own === undefined) return undefined;
  return { metric, own, base, step: result.bestStep };
}

/** `step 70`, or `α 0.4 of the line from the start to step 70`. */
function pointOf({ record: { result } }: RunData): string {
  const alpha = result?.interpolation?.alpha ?? 1;
  return alpha === 0 || alpha === 1
    ? `step ${result?.bestStep}`
    : `α ${alpha} of the line from the start to step ${result?.step}`;
}

function metricFigure(data: RunData): Figure[] {
  const { metric } = data.record;
  const points = data.log.flatMap((record) =>
    "eval" in record && Number.isFinite(record.eval[metric])
      ? [{ x: record.step, y: 100 * record.eval[metric] }]
      : [],
  );
  if (points.length < 2) return [];
  const found = decided(data);
  const level = found?.base && { y: 100 * found.base.value, name: "base" };
  const ends = found?.own.interval;
  const mark = found && {
    x: found.step,
    y: 100 * found.own.value,
    name: "chosen",
    low: ends && 100 * ends.low,
    high: ends && 100 * ends.high,
  };
  const between =
    ends === undefined ? "" : ` (95 % interval ${times100(ends.low)} to ${times100(ends.high)})`;
  const chosen =
    found === undefined
      ? "The run has not ended."
      : `Chosen: ${pointOf(data)} with ${times100(found.own.value)}${between}; the base has ${times100(found.base?.value ?? Number.NaN)}.`;
  const asked = askedClause(data.record.result?.scores ?? {});
  return [
    {
      title: metric,
      caption: `${metric} ×100 on the selecting data${asked}. ${chosen} These rows selected the model, so the figure is optimistic.`,
      panels: [{ spec: lineChart({ points, x: "step", y: `${metric} ×100`, level, mark }) }],
      table: pointTable(points, ["#step", `#${metric} ×100`], (y) => y.toFixed(2)),
    },
  ];
}

function interpolationFigure({ log, record }: RunData): Figure[] {
  const { metric } = record;
  const points = log.flatMap((one) => linePoint(one, metric)).sort((a, b) => a.x - b.x);
  if (points.length < 2) return [];
  const best = points.reduce((a, b) => (b.y > a.y ? b : a));
  return [
    {
      title: "Between start and end of training",
      caption: `${metric} ×100 of the models (1 − α) · start + α · end. Best at α = ${best.x}: ${best.y.toFixed(2)}.`,
      panels: [{ spec: lineChart({ points, x: "α", y: `${metric} ×100` }) }],
      table: pointTable(points, ["#α", `#${metric} ×100`], (y) => y.toFixed(2)),
    },
  ];
}

/** A record of the line between start and end, where a run has measured one. */
function linePoint(record: object, metric: string): Point[] {
  const { alpha, scores } = record as {
    readonly alpha?: number;
    readonly scores?: Record<string, number>;
  };
  const value = scores?.[metric];
  return alpha === undefined || value === undefined ? [] : [{ x: alpha, y: 100 * value }];
}

function pointTable(
  points: readonly Point[],
  titles: readonly string[],
  shown: (y: number) => string,
) {
  return { titles, rows: points.map(({ x, y }) => [String(x), shown(y)]) };
}
