import { plot } from "./lines.js";
import { type ChartSpec, palette } from "./render.js";

interface Axes {
  readonly x: string;
  readonly y: string;
}

/** A place of a path; those with a name are marked and called by it. */
export interface PathPoint {
  readonly x: number;
  readonly y: number;
  readonly name?: string | undefined;
  /** Whose colour a mark has. */
  readonly model?: "base" | "tuned" | undefined;
}

/** A line through points in their order, with marks and names at some of them. */
export function pathChart(points: readonly PathPoint[], axes: Axes): ChartSpec {
  const named = points.filter(({ name }) => name !== undefined);
  const between = { type: "point", filled: true, size: 10, color: palette.base, opacity: 1 };
  return {
    ...plot,
    encoding: { x: axis("x", axes.x), y: axis("y", axes.y) },
    layer: [
      {
        data: { values: points.map((point, order) => ({ ...point, order })) },
        mark: { type: "line", color: palette.base, strokeWidth: 1.5, point: between },
        encoding: { order: { field: "order", type: "quantitative" } },
      },
      {
        data: { values: named },
        mark: { type: "point", filled: true, size: 60, opacity: 1 },
        encoding: { color: { field: "model", type: "nominal", scale: models, legend: null } },
      },
      {
        data: { values: named },
        mark: { type: "text", dy: -10, fontSize: 11 },
        encoding: { text: { field: "name" } },
      },
    ],
  };
}

const models = { domain: ["base", "tuned"], range: [palette.base, palette.tuned] };

function axis(field: string, title: string): object {
  return {
    field,
    type: "quantitative",
    title,
    scale: { zero: false, padding: 28 },
    axis: { tickCount: 5 },
  };
}
