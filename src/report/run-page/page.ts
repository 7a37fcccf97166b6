import { counted } from "../../errors/counted.js";
import { deciding, type ReportedMetric, type ScoreReport } from "../../evaluation/score-report.js";
import type { RunRecord } from "../../training/run-folder/run-folder.js";
import { type Figure, figureHtml } from "../charts/figure.js";
import { dataText, escapeHtml, htmlPage } from "../html.js";
import { startSentences } from "../interpolation.js";
import { shellWord } from "../run-ending.js";
import { knownShare, range, signed, times100 } from "../scores.js";
import { classFigures } from "./class-figures.js";
import { mapScript } from "./map-script.js";
import { noteSection, recordSection, scoreSections } from "./record-sections.js";
import { rowSections } from "./row-sections.js";
import type { RunData } from "./run-data.js";
import { scoreFigures } from "./score-figures.js";
import { trainingFigures } from "./training-figures.js";
import { useSection } from "./use-section.js";
import { vectorFigures } from "./vector-figures.js";

type RunResult = NonNullable<RunRecord["result"]>;

/** The report of a run as one HTML page that fetches nothing. `umap`: the map of the texts is drawn by UMAP as well. */
export async function runPage(data: RunData, umap = false): Promise<string> {
  const { folder, record } = data;
  const title = `embtune report: ${folder}`;
  const figures = [
    await figureSection("Training", trainingFigures(data)),
    await figureSection("Scores and cosines", scoreFigures(data)),
    await figureSection("Where the texts lie", await vectorFigures(data, umap)),
    await figureSection("Classes", await classFigures(data)),
  ];
  const body = [
    `<h1>${dataText(folder)}</h1>`,
    `<p class="note">${escapeHtml(record.base.name)} tuned by ${escapeHtml(record.options.objective)}, ${escapeHtml(record.created.slice(0, 10))}</p>`,
    summary(data),
    noteSection(data),
    ...figures,
    scoreSections(data),
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

/** What came of the run, in tiles: on the test part, where there is one, else on the rows that selected the model. */
function summary(data: RunData): string {
  const { result } = data.record;
  if (result === undefined)
    return '<p class="lead">The run has not ended; this is what its log tells so far.</p>';
  const scores = result.test ?? result.scores;
  if (scores === undefined)
    return `<p class="lead">Nothing was measured: the rows have no answer to be measured by. ${unmeasured(result)}</p>`;
  const how =
    result.test === undefined
      ? `On the rows that selected the model, so the figures are optimistic${knownText(scores)}.`
      : `On the test part, which neither training nor selection has seen; verdict: ${result.test.verdict ?? "none"}.`;
  return [
    '<dl class="tiles">',
    ...scoreTiles(scores),
    chosenTile(result),
    tile("took", `${Math.round(result.seconds)} s`, `${data.record.machine.threads} threads`),
    "</dl>",
    `<p class="note">${how}</p>`,
    ...startSentences(data.record, shellWord(data.folder)).map(
      (one) => `<p class="lead">${escapeHtml(one)}</p>`,
    ),
  ].join("\n");
}

/** What goes out where nothing was measured. */
function unmeasured({ step, interpolation }: RunResult): string {
  if (interpolation === undefined) return `These are the parameters of the last step (${step}).`;
  const { alpha, end } = interpolation;
  return `The weights are (1−α)·start + α·tuned with α = ${alpha}, tuned being ${end === "the last step" ? `${end} (${step})` : end}.`;
}

function knownText(scores: ScoreReport): string {
  const share = knownShare(scores);
  return share === undefined ? "" : `, the more so as ${share}`;
}

function scoreTiles(scores: ScoreReport): string[] {
  const find = (metrics: readonly ReportedMetric[] = []) =>
    metrics.find(({ key }) => key === scores.primary);
  const [base, tuned] = [find(scores.base?.metrics), find(scores.model.metrics)];
  const change = deciding(scores);
  const tiles = [
    tile(
      `${scores.primary} ×100, base`,
      times100(base?.value ?? Number.NaN),
      range(base?.interval),
    ),
    tile("tuned", times100(tuned?.value ?? Number.NaN), range(tuned?.interval)),
  ];
  if (change === undefined) return tiles;
  const clear = change.interval.low * change.interval.high > 0;
  const kind = clear ? ` class="${change.difference < 0 ? "bad" : "good"}"` : "";
  const value = `<span${kind}>${signed(change.difference)}</span>`;
  return [...tiles, tile("difference", value, `95 % ${range(change.interval)}`)];
}

/** The step that goes out, or the point of the line to the last. */
function chosenTile({ bestStep, step, stoppedEarly, interpolation }: RunResult): string {
  const early = stoppedEarly ? ", stopped early" : "";
  return interpolation === undefined
    ? tile("chosen step", String(bestStep), `of ${step}${early}`)
    : tile("chosen α", String(interpolation.alpha), `after ${counted(step, "step")}${early}`);
}

function tile(name: string, value: string, small: string): string {
  const below = small === "" ? "" : `<small>${escapeHtml(small)}</small>`;
  return `<div><dt>${escapeHtml(name)}</dt><dd>${value}${below}</dd></div>`;
}
