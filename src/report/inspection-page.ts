import type { FileInspection, Inspection } from "../dataset/inspect/inspection.js";
import type { Lengths } from "../dataset/inspect/length-count.js";
import { barChart, escapeHtml, htmlPage, htmlTable } from "./html.js";
import { binLabel } from "./inspection.js";

/** What `data inspect` found as one HTML page with histograms; nothing is fetched and no text of the data is in it. */
export function inspectionPage(inspection: Inspection): string {
  const files = inspection.files.map((file) => fileSection(file, inspection));
  const body = `<h1>embtune data inspect</h1>\n${files.join("\n")}\n${sharedSection(inspection)}`;
  return htmlPage("embtune data inspect", body);
}

function fileSection(file: FileInspection, inspection: Inspection): string {
  const { rows, kinds, texts, dialect } = file;
  const kind = kinds.join(", or ") || "of no known kind";
  return [
    `<h2>${escapeHtml(file.file)}</h2>`,
    `<p>${escapeHtml(dialect)}; ${rows} rows (${escapeHtml(kind)}); ${texts.total} texts, ${texts.distinct} distinct</p>`,
    ...file.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
    findingSection(file),
    htmlTable(
      ["column", "role", "#empty cells"],
      file.columns.map(({ name, role = "", empty }) => [escapeHtml(name), role, String(empty)]),
    ),
    ...lengthSections(file, inspection),
    ...valueSections(file),
  ].join("\n");
}

function findingSection({ findings }: FileInspection): string {
  if (findings.length === 0) return "<p>Nothing to mend.</p>";
  return htmlTable(
    ["#count", "what", "#first on line", "what to do"],
    findings.map(({ count, what, line, advice }) => [
      String(count),
      escapeHtml(what),
      line === undefined ? "" : String(line),
      escapeHtml(advice),
    ]),
  );
}

function lengthSections(file: FileInspection, { tokens }: Inspection): string[] {
  return file.lengths.flatMap(({ role, words, tokens: sampled, cut = 0 }) => {
    const parts = [`<h3>${role}, words</h3>`, lengthChart(words)];
    if (sampled === undefined || tokens === undefined) return parts;
    const share = `${(100 * cut).toFixed(1)} % have more than ${tokens.maxLength}`;
    const how = `by ${escapeHtml(tokens.model)}, on a random sample of at most ${tokens.sample} rows`;
    return [
      ...parts,
      `<h3>${role}, tokens</h3>`,
      `<p class="note">${how}; ${share}</p>`,
      lengthChart(sampled),
    ];
  });
}

function lengthChart({ histogram, mean, median, p95, longest }: Lengths): string {
  const bars = histogram.map((bin) => ({ label: binLabel(bin), count: bin.count }));
  const figures = `mean ${mean.toFixed(1)}, median ${median}, 95 % up to ${p95}, longest ${longest}`;
  return `<p class="note">${figures}</p>${barChart(bars)}`;
}

function valueSections({ labels, scores, batch }: FileInspection): string[] {
  const parts: string[] = [];
  if (labels !== undefined) {
    const bars = labels.values.map(({ value, count }) => ({ label: value || "(empty)", count }));
    parts.push(`<h3>labels (${labels.distinct} distinct)</h3>`, barChart(bars));
  }
  if (scores !== undefined) {
    const bars = scores.histogram.map((bin) => ({ label: binLabel(bin), count: bin.count }));
    parts.push("<h3>scores</h3>", barChart(bars));
  }
  if (batch !== undefined) {
    const pairs = batch.batchSize * (batch.batchSize - 1);
    parts.push(
      "<h3>batches</h3>",
      `<p>A random batch of ${batch.batchSize} has ${batch.expected.toFixed(2)} expected false negatives among ${pairs}; ` +
        `${batch.largest} of ${batch.rows} rows are in the largest set of connected ones.</p>`,
    );
  }
  return parts;
}

function sharedSection({ shared }: Inspection): string {
  if (shared.length === 0) return "";
  const table = htmlTable(
    ["file", "shares texts with", "#texts", "#but for case and punctuation", "#rows"],
    shared.map(({ first, second, exact, plain, rows }) => [
      escapeHtml(second),
      escapeHtml(first),
      ...[exact, plain, rows].map(String),
    ]),
  );
  return `<h2>Texts in two files</h2>${table}`;
}
