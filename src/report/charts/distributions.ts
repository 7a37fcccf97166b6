import { plot } from "./lines.js";
import { type ChartSpec, labelExpression, palette } from "./render.js";

const models = { domain: ["base", "tuned"], range: [palette.base, palette.tuned] };

/** A cosine under one model, in a group. */
interface GroupedValue {
  readonly group: string;
  readonly model: "base" | "tuned";
  readonly value: number;
}

/**
 * Density of values by group, one group below the other, base and tuned in each (SimCSE, Gao et al. 2021, appendix G). A Gaussian kernel by
 * Scott's rule; every curve has the same area.
 */
export function densityChart(
  values: readonly GroupedValue[],
  groups: readonly string[],
  title: string,
): ChartSpec {
  const placed = values.map(({ group, ...rest }) => ({ ...rest, row: groups.indexOf(group) }));
  return {
    data: { values: placed },
    facet: {
      row: {
        field: "row",
        type: "ordinal",
        title: null,
        header: { labelAngle: 0, labelAlign: "left", labelExpr: labelExpression(groups) },
      },
    },
    spacing: 4,
    spec: {
      width: 225,
      height: groups.length > 2 ? 48 : 100,
      transform: [
        { density: "value", groupby: ["model", "row"], extent: extentOf(values), steps: 80 },
      ],
      mark: { type: "area", opacity: 0.45, line: { strokeWidth: 1.5 } },
      encoding: {
        x: { field: "value", type: "quantitative", title, axis: { tickCount: 5, grid: false } },
        y: { field: "density", type: "quantitative", stack: null, axis: null },
        color: { field: "model", type: "nominal", scale: models, legend: { title: null } },
      },
    },
    resolve: { scale: { y: "independent" } },
  };
}

function extentOf(values: readonly GroupedValue[]): [number, number] {
  const all = values.map(({ value }) => value);
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const margin = 0.05 * (high - low || 1);
  return [low - margin, high + margin];
}

/** Points by circles on a grid, the area by their number: many points stay a small drawing. */
export function gridChart(
  cells: readonly { readonly x: number; readonly y: number; readonly count: number }[],
  {
    x,
    y,
    domain,
    most,
  }: {
    readonly x: string;
    readonly y: string;
    readonly domain: readonly [number, number];
    readonly most: number;
  },
): ChartSpec {
  return {
    ...plot,
    height: 220,
    data: { values: cells },
    mark: { type: "circle", color: palette.tuned, opacity: 0.75 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: x,
        scale: { domain: [0, 1] },
        axis: { tickCount: 5 },
      },
      y: { field: "y", type: "quantitative", title: y, scale: { domain }, axis: { tickCount: 5 } },
      size: {
        field: "count",
        type: "quantitative",
        scale: { domain: [0, most], range: [4, 130] },
        legend: null,
      },
    },
  };
}

/** Two falling curves on a logarithmic axis. */
export function spectrumChart(
  values: readonly { readonly model: string; readonly x: number; readonly y: number }[],
): ChartSpec {
  return {
    ...plot,
    data: { values },
    mark: { type: "line", strokeWidth: 1.5 },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        title: "component",
        axis: { tickCount: 5, grid: false },
      },
      y: {
        field: "y",
        type: "quantitative",
        title: "share of variance",
        scale: { type: "log" },
        axis: { tickCount: 4, format: "~%" },
      },
      color: { field: "model", type: "nominal", scale: models, legend: { title: null } },
    },
  };
}

/** Shares as a table of squares, the darker the greater, with whole percents of 1 and more in them. */
export function heatChart(
  cells: readonly { readonly row: string; readonly column: string; readonly share: number }[],
  names: readonly string[],
): ChartSpec {
  const axis = { labelLimit: 110, domain: false, ticks: false, labelFontSize: 10 };
  return {
    width: { step: 22 },
    height: { step: 22 },
    data: { values: cells },
    encoding: {
      x: {
        field: "column",
        type: "nominal",
        sort: names,
        title: "nearest texts' class",
        axis: { ...axis, labelAngle: -45, orient: "bottom" },
      },
      y: { field: "row", type: "nominal", sort: names, title: "class", axis },
    },
    layer: [
      {
        mark: { type: "rect", color: palette.tuned },
        encoding: {
          opacity: {
            field: "share",
            type: "quantitative",
            scale: { domain: [0, 1], range: [0.03, 0.55] },
            legend: null,
          },
        },
      },
      {
        transform: [{ filter: "datum.share >= 0.01" }],
        mark: { type: "text", fontSize: 9 },
        encoding: { text: { field: "share", type: "quantitative", format: ".0%" } },
      },
    ],
  };
}

/** Points on a plane without axes, coloured by name where there are several. */
export function mapChart(
  points: readonly { readonly x: number; readonly y: number; readonly name: string }[],
  names: readonly string[],
): ChartSpec {
  const axis = null;
  const color =
    names.length < 2
      ? { value: palette.tuned }
      : {
          field: "name",
          type: "nominal",
          scale: { domain: names, range: palette.classes.slice(0, names.length) },
          legend: { title: null, columns: 3, symbolOpacity: 1, labelLimit: 92 },
        };
  return {
    width: 330,
    height: 330,
    data: { values: points },
    mark: { type: "circle", size: points.length > 600 ? 14 : 26, opacity: 0.7 },
    encoding: {
      x: { field: "x", type: "quantitative", axis, scale: { nice: false } },
      y: { field: "y", type: "quantitative", axis, scale: { nice: false } },
      color,
    },
  };
}
