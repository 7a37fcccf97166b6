import { type ChartSpec, palette } from "./render.js";

/** Size of a chart's plot, in pixels: with its axes it fills a phone's width. */
export const plot = { width: 290, height: 180 } as const;

/** A point of a line. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A line through points, and what the axes are called. */
interface LineChart {
  readonly points: readonly Point[];
  readonly x: string;
  readonly y: string;
  /** A level to compare with, and its name. */
  readonly level?: { readonly y: number; readonly name: string } | undefined;
  /** A point to mark, with the ends of its interval. */
  readonly mark?:
    | (Point & {
        readonly name: string;
        readonly low?: number | undefined;
        readonly high?: number | undefined;
      })
    | undefined;
}

/** A line, with a dashed level and a marked point where there are some. The y axis does not begin at 0. */
export function lineChart({ points, x, y, level, mark }: LineChart): ChartSpec {
  const axes = {
    x: { field: "x", type: "quantitative", title: x, axis: { tickCount: 5, grid: false } },
    y: {
      field: "y",
      type: "quantitative",
      title: y,
      scale: { zero: false },
      axis: { tickCount: 5 },
    },
  };
  const line = {
    data: { values: points },
    mark: {
      type: "line",
      color: palette.tuned,
      strokeWidth: 1.5,
      point: points.length <= 40 ? { size: 16, color: palette.tuned } : false,
    },
    encoding: axes,
  };
  return { ...plot, layer: [...levelLayers(level), line, ...markLayers(mark, axes)] };
}

function levelLayers(level: LineChart["level"]): object[] {
  if (level === undefined) return [];
  const data = { values: [level] };
  const y = { field: "y", type: "quantitative" };
  return [
    {
      data,
      mark: { type: "rule", color: palette.base, strokeDash: [4, 3], strokeWidth: 1.5 },
      encoding: { y },
    },
    {
      data,
      mark: {
        type: "text",
        align: "right",
        baseline: "bottom",
        dy: -2,
        fontSize: 11,
        color: "var(--soft)",
      },
      encoding: { y, x: { value: plot.width }, text: { field: "name" } },
    },
  ];
}

function markLayers(
  mark: LineChart["mark"],
  axes: { readonly x: object; readonly y: object },
): object[] {
  if (mark === undefined) return [];
  const data = { values: [mark] };
  const interval =
    mark.low === undefined
      ? []
      : [
          {
            data,
            mark: { type: "rule", color: palette.tuned, strokeWidth: 2 },
            encoding: {
              x: axes.x,
              y: { field: "low", type: "quantitative" },
              y2: { field: "high" },
            },
          },
        ];
  return [
    ...interval,
    {
      data,
      mark: { type: "point", filled: true, size: 60, color: palette.tuned, opacity: 1 },
      encoding: axes,
    },
  ];
}

/** At most `count` points: means over equal parts of the list, at the last x of each. */
export function thinned(points: readonly Point[], count: number): Point[] {
  if (points.length <= count) return [...points];
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * points.length) / count);
    const part = points.slice(from, Math.floor(((i + 1) * points.length) / count));
    const sum = part.reduce((all, { y }) => all + y, 0);
    return { x: part[part.length - 1].x, y: sum / part.length };
  });
}

/** A line for each of several series. */
export function seriesChart(
  points: readonly (Point & { readonly series: string })[],
  { x, y }: { readonly x: string; readonly y: string },
): ChartSpec {
  const names = [...new Set(points.map(({ series }) => series))];
  return {
    ...plot,
    data: { values: points },
    mark: { type: "line", strokeWidth: 1.5 },
    encoding: {
      x: { field: "x", type: "quantitative", title: x, axis: { tickCount: 5, grid: false } },
      y: {
        field: "y",
        type: "quantitative",
        title: y,
        scale: { zero: false },
        axis: { tickCount: 5 },
      },
      color: {
        field: "series",
        type: "nominal",
        scale: { domain: names, range: palette.classes },
        legend: { title: null, columns: 1, labelLimit: 260 },
      },
    },
  };
}
