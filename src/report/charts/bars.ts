import { type ChartSpec, labelExpression, palette } from "./render.js";

/** A bar. */
export interface Bar {
  readonly label: string;
  readonly count: number;
}

/** Longest label, in pixels, and the plot beside it. */
const labels = 150;
const width = 150;

const yAxis = { title: null, labelLimit: labels, domain: false, ticks: false, labelPadding: 6 };

/** Horizontal bars in the order given, each with its number; long labels are cut at their end. */
export function barChart(bars: readonly Bar[]): ChartSpec {
  // Two bars may have one label.
  const values = bars.map(({ label, count }, i) => ({ row: i, label, count }));
  const y = {
    field: "row",
    type: "ordinal",
    axis: { ...yAxis, labelExpr: labelExpression(bars.map(({ label }) => label)) },
  };
  const x = { field: "count", type: "quantitative", axis: null };
  return {
    width,
    height: { step: 18 },
    data: { values },
    encoding: { y, x },
    layer: [
      { mark: { type: "bar", color: palette.tuned, height: { band: 0.7 } } },
      {
        mark: { type: "text", align: "left", dx: 4, fontSize: 11 },
        encoding: { text: { field: "count", type: "quantitative" } },
      },
    ],
  };
}

/** Two dots a row, joined by a line: a value before and after. */
export function changeChart(
  rows: readonly { readonly label: string; readonly base: number; readonly tuned: number }[],
  title: string,
): ChartSpec {
  const y = { field: "label", type: "nominal", sort: null, axis: yAxis };
  const x = { type: "quantitative", title, scale: { zero: false }, axis: { tickCount: 4 } };
  const dot = (field: "base" | "tuned"): object => ({
    mark: { type: "point", filled: true, size: 70, opacity: 1 },
    encoding: {
      x: { ...x, field },
      color: {
        datum: field,
        scale: { domain: ["base", "tuned"], range: [palette.base, palette.tuned] },
        legend: { title: null },
      },
    },
  });
  return {
    width,
    height: { step: 22 },
    data: { values: rows },
    encoding: { y },
    layer: [
      {
        mark: { type: "rule", color: palette.base },
        encoding: { x: { ...x, field: "base" }, x2: { field: "tuned" } },
      },
      dot("base"),
      dot("tuned"),
    ],
  };
}

/** A value with its interval, where it has one. */
export interface IntervalRow {
  readonly label: string;
  readonly value: number;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

/** A dot a row with the line of its interval. */
export function intervalChart(rows: readonly IntervalRow[], title: string): ChartSpec {
  // Two rows may have one label.
  const values = rows.map((row, at) => ({ ...row, at }));
  const y = {
    field: "at",
    type: "ordinal",
    axis: { ...yAxis, labelExpr: labelExpression(rows.map(({ label }) => label)) },
  };
  const x = { type: "quantitative", title, scale: { zero: false }, axis: { tickCount: 4 } };
  return {
    width,
    height: { step: 26 },
    data: { values },
    encoding: { y },
    layer: [
      {
        transform: [{ filter: "isValid(datum.low)" }],
        mark: { type: "rule", color: palette.tuned, strokeWidth: 2 },
        encoding: { x: { ...x, field: "low" }, x2: { field: "high" } },
      },
      {
        mark: { type: "point", filled: true, size: 60, color: palette.tuned, opacity: 1 },
        encoding: { x: { ...x, field: "value" } },
      },
    ],
  };
}
