import { counted } from "../../errors/counted.js";
import { deciding } from "../../evaluation/score-report.js";
import { type Figure, figureHtml } from "../charts/figure.js";
import { seriesChart, thinned } from "../charts/lines.js";
import { dataText, escapeHtml, htmlPage, htmlTable } from "../html.js";
import { range, signed, times100 } from "../scores.js";
import type { RunData } from "./run-data.js";
import { decided } from "./training-figures.js";

/** Points of a run's curve. */
const DRAWN = 150;

/** Several runs beside each other: what they were, what came of them and how they went. */
export async function comparisonPage(runs: readonly RunData[]): Promise<string> {
  const figures: string[] = [];
  for (const figure of [...metricFigures(runs), ...lossFigure(runs)])
    figures.push(await figureHtml(figure));
  const body = [
    `<h1>${counted(runs.length, "run")}</h1>`,
    resultTable(runs),
    "<h2>How they went</h2>",
    `<div class="figures">${figures.join("\n")}</div>`,
    "<h2>Options that differ</h2>",
    optionTable(runs),
  ];
  return htmlPage("embtune report", body.join("\n"));
}

function resultTable(runs: readonly RunData[]): string {
  const rows = runs.map((run) => {
    const { folder, record } = run;
    const found = decided(run);
    const change = record.result?.scores && deciding(record.result.scores);
    return [
      dataText(folder),
      escapeHtml(record.metric),
      times100(found?.base?.value ?? Number.NaN),
      times100(found?.own.value ?? Number.NaN),
      change === undefined ? "" : signed(change.difference),
      change === undefined ? "" : range(change.interval),
      found === undefined ? "" : `${found.step} of ${record.result?.step}`,
      record.result === undefined ? "not ended" : `${record.result.seconds} s`,
    ];
  });
  const titles = [
    "run",
    "metric",
    "#base",
    "#tuned",
    "#difference",
    "#95 % interval",
    "#step",
    "#took",
  ];
  return `<p class="note">×100, on the rows that selected the models, so the figures are optimistic; metrics of different rows do not compare.</p>${htmlTable(titles, rows, "Results")}`;
}

/** A figure for each metric that decides some of the runs. */
function metricFigures(runs: readonly RunData[]): Figure[] {
  const metrics = [...new Set(runs.map(({ record }) => record.metric))];
  return metrics.flatMap((metric) => {
    const own = runs.filter(({ record }) => record.metric === metric);
    const points = own.flatMap(({ folder, log }) =>
      log.flatMap((one) =>
        "eval" in one && Number.isFinite(one.eval[metric])
          ? [{ series: folder, x: one.step, y: 100 * one.eval[metric] }]
          : [],
      ),
    );
    if (points.length < 2) return [];
    return [
      {
        title: metric,
        caption: `${metric} ×100 on the selecting data of each run, by step.`,
        panels: [{ spec: seriesChart(points, { x: "step", y: `${metric} ×100` }) }],
        table: seriesTable(points, `#${metric} ×100`, 2),
      },
    ];
  });
}

function lossFigure(runs: readonly RunData[]): Figure[] {
  const points = runs.flatMap(({ folder, log }) => {
    const own = log.flatMap((one) => ("loss" in one ? [{ x: one.step, y: one.loss }] : []));
    return thinned(own, DRAWN).map((point) => ({ series: folder, ...point }));
  });
  if (points.length < 2) return [];
  return [
    {
      title: "Loss",
      caption:
        "The loss of the training batches by step; losses of different objectives do not compare.",
      panels: [{ spec: seriesChart(points, { x: "step", y: "loss" }) }],
      table: seriesTable(points, "#loss", 4),
    },
  ];
}

function seriesTable(
  points: readonly { readonly series: string; readonly x: number; readonly y: number }[],
  title: string,
  digits: number,
) {
  return {
    titles: ["run", "#step", title],
    rows: points.map(({ series, x, y }) => [series, String(x), y.toFixed(digits)]),
  };
}

function optionTable(runs: readonly RunData[]): string {
  const names = [...new Set(runs.flatMap(({ record }) => Object.keys(record.options)))];
  const shownOption = ({ record }: RunData, name: string): string => {
    const value = (record.options as unknown as Record<string, unknown>)[name];
    return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  };
  const rows = names
    .map((name) => [name, ...runs.map((run) => shownOption(run, name))])
    .filter(([name, ...values]) => name !== "out" && new Set(values).size > 1)
    .map((cells) => cells.map(dataText));
  if (rows.length === 0) return "<p>None but their folders.</p>";
  return htmlTable(["option", ...runs.map(({ folder }) => folder)], rows, "Options that differ");
}
