import { counted } from "../errors/counted.js";
import { deciding, type ScoreReport } from "../evaluation/score-report.js";
import { type IntervalRow, intervalChart } from "./charts/bars.js";
import { type Figure, figureHtml } from "./charts/figure.js";
import { dataText, escapeHtml, htmlPage, htmlTable, withoutEmpty } from "./html.js";
import {
  type ComparedModel,
  type ModelComparison,
  modelCells,
  modelTitles,
  shown,
} from "./model-comparison.js";
import { knownClause, pValue, range, signed, times100 } from "./scores.js";

/** What `embtune compare` finds, as an HTML page that fetches nothing. */
export async function modelsPage(comparison: ModelComparison): Promise<string> {
  const { models, options, reports, recorded, failures } = comparison;
  const files = [...new Set(reports.map(({ file }) => file))];
  const sections: string[] = [];
  for (const file of files)
    sections.push(await fileSection(reports.filter((one) => one.file === file)));
  const body = [
    `<h1>${counted(models.length, "model")}</h1>`,
    ...failures.map((failure) => `<p class="lead bad">${escapeHtml(failure)}</p>`),
    htmlTable(
      ...withoutEmpty(["model", ...modelTitles.map((title) => `#${title}`)], models.map(modelRow)),
      "Models",
    ),
    ...(recorded
      ? ['<p class="note">As the runs measured them at their end, each against its own base.</p>']
      : []),
    ...sections,
    ...(options.length === 0 ? [] : ["<h2>Options that differ</h2>", optionTable(comparison)]),
  ];
  return htmlPage("embtune compare", body.join("\n"));
}

function modelRow(model: ComparedModel): string[] {
  const [name, ...figures] = modelCells(model);
  return [dataText(name), ...figures.map(escapeHtml)];
}

/** The models on one file, each of them and what it is compared with once. */
async function fileSection(reports: readonly ScoreReport[]): Promise<string> {
  const [{ file, task, rows, primary }] = reports;
  return [
    `<h2>${dataText(file)}</h2>`,
    `<p class="note">${escapeHtml(task)}, ${counted(rows, "row")}; ${escapeHtml(primary)} ×100, with 95 % bootstrap intervals.</p>`,
    `<div class="figures">${await figureHtml(scoreFigure(reports))}</div>`,
    htmlTable(
      [
        "model",
        `#${primary}`,
        "#95 % interval",
        "compared with",
        "#difference",
        "#95 % interval",
        "#p",
        "verdict",
      ],
      reports.map(reportCells),
      `Scores on ${file}`,
    ),
  ].join("\n");
}

function scoreFigure(reports: readonly ScoreReport[]): Figure {
  const [{ primary }] = reports;
  const found = new Map<string, IntervalRow>();
  for (const { base, model } of reports)
    for (const one of [base, model]) {
      const metric = one?.metrics.find(({ key }) => key === primary);
      if (one === undefined || metric === undefined || !Number.isFinite(metric.value)) continue;
      const { value, interval } = metric;
      const [low, high] = [interval && 100 * interval.low, interval && 100 * interval.high];
      found.set(one.name, { label: one.name, value: 100 * value, low, high });
    }
  const rows = [...found.values()];
  const number = (x: number | undefined): string => x?.toFixed(2) ?? "";
  return {
    title: primary,
    caption: `${primary} ×100 of each model, with its 95 % interval. Whether two differ is told by the interval of their difference in the table: it is narrower, since both have seen the same rows.`,
    panels: [{ spec: intervalChart(rows, `${primary} ×100`) }],
    table: {
      titles: ["model", `#${primary}`, "#from", "#to"],
      rows: rows.map(({ label, value, low, high }) => [
        label,
        number(value),
        number(low),
        number(high),
      ]),
    },
  };
}

function reportCells(report: ScoreReport): string[] {
  const metric = report.model.metrics.find(({ key }) => key === report.primary);
  const change = deciding(report);
  return [
    dataText(report.model.name),
    times100(metric?.value ?? Number.NaN),
    range(metric?.interval),
    dataText(report.base?.name ?? ""),
    change === undefined ? "" : signed(change.difference),
    change === undefined ? "" : range(change.interval),
    change?.p === undefined ? "" : escapeHtml(pValue(change.p)),
    escapeHtml(`${report.verdict ?? "none"}${knownClause(report)}`),
  ];
}

function optionTable({ models, options }: ModelComparison): string {
  return htmlTable(
    ["option", ...models.map(({ name }) => name)],
    options.map(({ option, values }) => [option, ...values.map(shown)].map(dataText)),
    "Options that differ",
  );
}
