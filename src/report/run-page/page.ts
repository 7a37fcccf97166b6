import { deciding } from "../../evaluation/score-report.js";
import { type Figure, figureHtml } from "../charts/figure.js";
import { dataText, escapeHtml, htmlPage } from "../html.js";
import { range, signed, times100 } from "../scores.js";
import { classFigures } from "./class-figures.js";
import { mapScript } from "./map-script.js";
import { noteSection, recordSection, scoreSection } from "./record-sections.js";
import { rowSections } from "./row-sections.js";
import type { RunData } from "./run-data.js";
import { scoreFigures } from "./score-figures.js";
import { decided, trainingFigures } from "./training-figures.js";
import { useSection } from "./use-section.js";
import { vectorFigures } from "./vector-figures.js";

/** The report of a run as one HTML page that fetches nothing. */
export async function runPage(data: RunData): Promise<string> {
  const { folder, record } = data;
  const title = `embtune report: ${folder}`;
  const figures = [
    await figureSection("Training", trainingFigures(data)),
    await figureSection("Scores and cosines", scoreFigures(data)),
    await figureSection("Where the texts lie", await vectorFigures(data)),
    await figureSection("Classes", await classFigures(data)),
  ];
  const body = [
    `<h1>${dataText(folder)}</h1>`,
    `<p class="note">${escapeHtml(record.base.name)} tuned by ${escapeHtml(record.options.objective)}, ${escapeHtml(record.created.slice(0, 10))}</p>`,
    summary(data),
    noteSection(data),
    ...figures,
    scoreSection(data),
    rowSections(data),
    recordSection(data),
    useSection(data),
    `<p class="note">Written by embtune ${escapeHtml(record.embtune)}.</p>`,
  ];
  return htmlPage(title, body.filter((part) => part !== "").join("\n"), mapScript);
}

async function figureSection(title: string, figures: readonly Figure[]): Promise<string> {
  if (figures.length === 0) return "";
  const drawn: string[] = [];
  for (const figure of figures) drawn.push(await figureHtml(figure));
  return `<h2>${title}</h2>\n<div class="figures">${drawn.join("\n")}</div>`;
}

/** What came of the run, in tiles. */
function summary(data: RunData): string {
  const { result } = data.record;
  const found = decided(data);
  if (result === undefined)
    return '<p class="lead">The run has not ended; this is what its log tells so far.</p>';
  if (found === undefined)
    return `<p class="lead">Nothing was measured: the rows have no answer to be measured by. These are the parameters of the last step (${result.step}).</p>`;
  const change = result.scores && deciding(result.scores);
  const difference = change === undefined ? "" : signed(change.difference);
  const side = (change?.difference ?? 0) < 0 ? "bad" : "good";
  const kind =
    change !== undefined && change.interval.low * change.interval.high > 0
      ? ` class="${side}"`
      : "";
  return [
    '<dl class="tiles">',
    tile(
      `${found.metric} ×100, base`,
      times100(found.base?.value ?? Number.NaN),
      range(found.base?.interval),
    ),
    tile("tuned", times100(found.own.value), range(found.own.interval)),
    change === undefined
      ? ""
      : tile("difference", `<span${kind}>${difference}</span>`, `95 % ${range(change.interval)}`),
    tile(
      "chosen step",
      String(result.bestStep),
      `of ${result.step}${result.stoppedEarly ? ", stopped early" : ""}`,
    ),
    tile("took", `${Math.round(result.seconds)} s`, `${data.record.machine.threads} threads`),
    "</dl>",
    result.bestStep === 0
      ? '<p class="lead">No step was better than the base model, so the base goes out unchanged.</p>'
      : "",
  ].join("\n");
}

function tile(name: string, value: string, small: string): string {
  const below = small === "" ? "" : `<small>${escapeHtml(small)}</small>`;
  return `<div><dt>${escapeHtml(name)}</dt><dd>${value}${below}</dd></div>`;
}
