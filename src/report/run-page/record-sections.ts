import { counted } from "../../errors/counted.js";
import type { Comparison } from "../../evaluation/bootstrap.js";
import type { ReportedMetric, ScoreReport } from "../../evaluation/score-report.js";
import { objectiveNamed } from "../../objectives/registry.js";
import type { RunRecord } from "../../training/run-folder/run-folder.js";
import { dataText, escapeHtml, htmlPairs, htmlTable, withoutEmpty } from "../html.js";
import { pValue, range, signed, times100 } from "../scores.js";
import type { RunData } from "./run-data.js";

/** Every metric before and after, with intervals: on the test part, where there is one, and on the rows that selected. */
export function scoreSections({ record }: RunData): string {
  const { test, scores } = record.result ?? {};
  const parts = [
    test &&
      scoreSection(
        "Scores on the test part",
        test,
        `Neither training nor selection has seen these rows: verdict ${test.verdict ?? "none"}.`,
      ),
    scores &&
      scoreSection(
        "Scores on the selecting rows",
        scores,
        "These rows selected the model, so the figures are optimistic and there is no verdict; measure on other rows.",
      ),
  ];
  return parts.filter((part) => part !== undefined).join("\n");
}

function scoreSection(title: string, scores: ScoreReport, note: string): string {
  const rows = scores.model.metrics.map((metric) => scoreRow(metric, scores));
  const titles = [
    "metric",
    "#base",
    "#tuned",
    "#95 % interval",
    "#difference",
    "#95 % interval",
    "#p",
  ];
  const notes = (scores.notes ?? []).map((one) => `<p class="note">${escapeHtml(one)}</p>`);
  return [
    `<h2>${title}</h2>`,
    `<p class="note">×100, on ${dataText(scores.file)} (${escapeHtml(scores.task)}, ${counted(scores.rows, "row")}), with 95 % bootstrap intervals. ${note}</p>`,
    htmlTable(...withoutEmpty(titles, rows), title),
    ...notes,
  ].join("\n");
}

function scoreRow({ key, value, interval }: ReportedMetric, scores: ScoreReport): string[] {
  const base = scores.base?.metrics.find((one) => one.key === key);
  const change: Comparison | undefined = scores.comparisons.find((one) => one.key === key);
  return [
    escapeHtml(key),
    base === undefined ? "" : times100(base.value),
    times100(value),
    range(interval),
    change === undefined ? "" : signed(change.difference),
    change === undefined ? "" : range(change.interval),
    change?.p === undefined ? "" : escapeHtml(pValue(change.p)),
  ];
}

/** What was told while the run went on. */
export function noteSection({ record }: RunData): string {
  const { notes = [] } = record;
  if (notes.length === 0) return "";
  const items = notes.map((note) => `<li>${escapeHtml(note.replace(/^note: /, ""))}</li>`);
  return `<h2>Warnings and remarks</h2>\n<ul>${items.join("\n")}</ul>`;
}

/** Data, hashes, options, time, memory and machine. */
export function recordSection(data: RunData): string {
  const { record } = data;
  return [
    "<h2>The run</h2>",
    '<div class="columns">',
    `<section><h3>Data</h3>${htmlPairs(dataPairs(record))}</section>`,
    `<section><h3>Model and objective</h3>${htmlPairs(modelPairs(record))}</section>`,
    `<section><h3>Time and memory</h3>${htmlPairs(timePairs(data))}</section>`,
    `<section><h3>Machine</h3>${htmlPairs(machinePairs(record))}</section>`,
    "</div>",
    `<details><summary>All options</summary>${optionTable(record)}</details>`,
  ].join("\n");
}

function dataPairs({ data, files, eval: selecting }: RunRecord): [string, string][] {
  const one = ({ path, rows, sha256 }: { path: string; rows: number; sha256: string }): string =>
    `${dataText(path)}, ${counted(rows, "row")}<br><small class="note hash">SHA-256 ${escapeHtml(sha256)}</small>`;
  return [
    ...(files ?? [data]).map((file): [string, string] => ["trained on", one(file)]),
    selecting === undefined
      ? ["selected by", "rows held out of the training data"]
      : ["selected by", one(selecting)],
  ];
}

function modelPairs({ base, options, files, trained, prompts }: RunRecord): [string, string][] {
  const names = [...new Set((files ?? []).map(({ objective }) => objective))];
  const objectives = names.length === 0 ? [options.objective] : names;
  const titles = objectives.map((name) => `${objectiveNamed(name).title} (${name})`);
  const before = Object.entries(prompts ?? {}).filter(([, text]) => text !== "");
  return [
    [
      "base",
      `${dataText(base.name)}, ${base.dimension} dimensions<br><small class="note hash">SHA-256 ${escapeHtml(base.hash)}</small>`,
    ],
    ["objective", titles.map(escapeHtml).join("; ")],
    ["trains", escapeHtml(options.tune === "head" ? `${options.head} head` : options.tune)],
    ...(trained === undefined ? [] : [["tensors", String(trained.length)] as [string, string]]),
    ...before.map(([name, text]): [string, string] => [`prompt, ${name}`, dataText(text)]),
  ];
}

function timePairs({ record, log }: RunData): [string, string][] {
  const steps = log.flatMap((one) => ("loss" in one ? [one] : []));
  const times = steps.map(({ msPerStep }) => msPerStep).sort((a, b) => a - b);
  const tokens = steps.reduce((sum, one) => sum + one.tokens, 0);
  const { result } = record;
  const memory = result?.peakMemory;
  return [
    ["begun", escapeHtml(record.created)],
    ["steps", `${result?.step ?? steps.length} of ${record.steps}`],
    ["took", result === undefined ? "not ended" : `${result.seconds} s`],
    ["median step", times.length === 0 ? "–" : `${times[times.length >> 1]} ms`],
    ...(tokens === 0 ? [] : [["tokens", tokens.toLocaleString("en-US")] as [string, string]]),
    ["peak memory", memory === undefined ? "–" : `${Math.round(memory / 2 ** 20)} MB`],
  ];
}

function machinePairs({ machine, embtune }: RunRecord): [string, string][] {
  const { platform, cpu, cores, node, threads } = machine;
  return [
    ["processor", `${escapeHtml(cpu)}, ${cores} cores`],
    ["threads", String(threads)],
    ["system", escapeHtml(`${platform}, Node ${node}`)],
    ["embtune", escapeHtml(embtune)],
  ];
}

function optionTable({ options }: RunRecord): string {
  const rows = Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return [escapeHtml(name), dataText(text)];
    });
  return htmlTable(["option", "value"], rows, "All options");
}
