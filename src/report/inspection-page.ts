import type { FileInspection, Inspection } from "../dataset/inspect/inspection.js";
import type { Lengths } from "../dataset/inspect/length-count.js";
import { counted } from "../errors/counted.js";
import { type Bar, barChart } from "./charts/bars.js";
import { type Figure, figureHtml } from "./charts/figure.js";
import { dataText, escapeHtml, htmlPage, htmlTable } from "./html.js";
import { binLabel } from "./inspection.js";

/** What `data inspect` found as one HTML page with histograms; nothing is fetched, and of the data only names and classes are in it. */
export async function inspectionPage(inspection: Inspection): Promise<string> {
  const files: string[] = [];
  for (const file of inspection.files) files.push(await fileSection(file, inspection));
  const body = `<h1>embtune data inspect</h1>\n${files.join("\n")}\n${sharedSection(inspection)}`;
  return htmlPage("embtune data inspect", body);
}

async function fileSection(file: FileInspection, inspection: Inspection): Promise<string> {
  const { rows, kinds, texts, dialect } = file;
  const kind = kinds.join(", or ") || "of no known kind";
  const figures: string[] = [];
  for (const figure of [...lengthFigures(file, inspection), ...valueFigures(file)])
    figures.push(await figureHtml(figure));
  return [
    `<h2>${dataText(file.file)}</h2>`,
    `<p>${escapeHtml(dialect)}; ${counted(rows, "row")} (${escapeHtml(kind)}); ${counted(texts.total, "text")}, ${texts.distinct} distinct</p>`,
    ...file.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
    findingSection(file),
    htmlTable(
      ["column", "role", "#empty cells"],
      file.columns.map(({ name, role = "", empty }) => [dataText(name), role, String(empty)]),
      `columns of ${file.file}`,
    ),
    batchLine(file),
    `<div class="figures">${figures.join("\n")}</div>`,
  ].join("\n");
}

function findingSection({ findings, file }: FileInspection): string {
  if (findings.length === 0) return "<p>Nothing to mend.</p>";
  return htmlTable(
    ["#count", "what", "#first on line", "what to do"],
    findings.map(({ count, what, line, advice }) => [
      String(count),
      escapeHtml(what),
      line === undefined ? "" : String(line),
      escapeHtml(advice),
    ]),
    `findings in ${file}`,
  );
}

function lengthFigures(file: FileInspection, { tokens }: Inspection): Figure[] {
  return file.lengths.flatMap(({ role, words, tokens: sampled, cut = 0 }) => {
    const figures = [lengthFigure(`${role}, words`, words, "words")];
    if (sampled === undefined || tokens === undefined) return figures;
    const share = `${(100 * cut).toFixed(1)} % have more than ${tokens.maxLength}`;
    const how = `; by ${tokens.model}, on a random sample of at most ${tokens.sample} rows; ${share}`;
    return [...figures, lengthFigure(`${role}, tokens`, sampled, "tokens", how)];
  });
}

function lengthFigure(title: string, lengths: Lengths, unit: string, how = ""): Figure {
  const { histogram, mean, median, p95, longest } = lengths;
  const bars = histogram.map((bin) => ({ label: binLabel(bin), count: bin.count }));
  const caption = `Mean ${mean.toFixed(1)}, median ${median}, 95 % up to ${p95}, longest ${longest}${how}.`;
  return barFigure({ title, caption, bars, unit });
}

function valueFigures({ labels, scores }: FileInspection): Figure[] {
  const figures: Figure[] = [];
  if (labels !== undefined) {
    const bars = labels.values.map(({ value, count }) => ({ label: value || "(empty)", count }));
    const some = bars.length < labels.distinct ? `; the ${bars.length} commonest are shown` : "";
    const caption = `${counted(labels.distinct, "distinct label")}${some}.`;
    figures.push(barFigure({ title: "labels", caption, bars, unit: "label" }));
  }
  if (scores !== undefined) {
    const bars = scores.histogram.map((bin) => ({ label: binLabel(bin), count: bin.count }));
    figures.push(barFigure({ title: "scores", caption: "Rows by score.", bars, unit: "score" }));
  }
  return figures;
}

function barFigure({
  title,
  caption,
  bars,
  unit,
}: {
  readonly title: string;
  readonly caption: string;
  readonly bars: readonly Bar[];
  readonly unit: string;
}): Figure {
  return {
    title,
    caption,
    panels: [{ spec: barChart(bars) }],
    table: {
      titles: [unit, "#rows"],
      rows: bars.map(({ label, count }) => [label, String(count)]),
    },
  };
}

function batchLine({ batch }: FileInspection): string {
  if (batch === undefined) return "";
  const pairs = batch.batchSize * (batch.batchSize - 1);
  return (
    `<p>A random batch of ${batch.batchSize} has ${batch.expected.toFixed(2)} expected false negatives among ${pairs}; ` +
    `${batch.largest} of ${counted(batch.rows, "row")} are in the largest set of connected ones.</p>`
  );
}

function sharedSection({ shared }: Inspection): string {
  if (shared.length === 0) return "";
  const table = htmlTable(
    ["file", "shares texts with", "#texts", "#but for case and punctuation", "#rows"],
    shared.map(({ first, second, exact, plain, rows }) => [
      dataText(second),
      dataText(first),
      ...[exact, plain, rows].map(String),
    ]),
    "texts in two files",
  );
  return `<h2>Texts in two files</h2>${table}`;
}
