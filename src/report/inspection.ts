import type { FileInspection, Inspection, TextInspection } from "../dataset/inspect/inspection.js";
import type { Bin } from "../dataset/inspect/length-count.js";
import { counted } from "../errors/counted.js";
import { formatTable } from "./table.js";

/** What `data inspect` found, as text: one block a file, then the texts that files share. */
export function formatInspection(inspection: Inspection): string {
  return [
    ...inspection.files.map((file) => formatFile(file, inspection)),
    ...formatShared(inspection),
  ].join("\n\n");
}

function formatFile(file: FileInspection, inspection: Inspection): string {
  const { rows, kinds, texts } = file;
  return [
    `${file.file}: ${file.dialect}`,
    `  columns  ${formatColumns(file)}`,
    `  rows     ${rows} (${kinds.join(", or ") || "of no known kind"})`,
    `  texts    ${texts.total}, of which ${texts.distinct} distinct`,
    ...file.notes.map((note) => `  note     ${note}`),
    ...block("lengths", lengthTable(file.lengths, inspection)),
    ...block("labels", labelTable(file)),
    ...block("scores", scoreTable(file)),
    ...block("batches", batchLine(file)),
    ...block("findings", findingTable(file)),
  ].join("\n");
}

function formatColumns(file: FileInspection): string {
  return file.columns
    .map(({ name, role, empty }) => {
      const cells = empty === 0 ? "" : ` (${empty} empty)`;
      return `${role === undefined ? "–" : role} "${name}"${cells}`;
    })
    .join(" · ");
}

function block(title: string, text: string | undefined): string[] {
  return text === undefined ? [] : ["", `  ${title}`, indented(text)];
}

function indented(text: string): string {
  return text
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
}

function lengthTable(
  lengths: readonly TextInspection[],
  { tokens }: Inspection,
): string | undefined {
  if (lengths.length === 0) return undefined;
  const right = "right" as const;
  const titles = ["texts", "mean", "median", "95 %", "99 %", "longest"];
  const rows = lengths.flatMap(({ role, words, tokens: sampled, cut = 0 }) => {
    const line = (what: string, found: typeof words, last: string): string[] => [
      role,
      what,
      String(found.texts),
      found.mean.toFixed(1),
      ...[found.median, found.p95, found.p99, found.longest].map(String),
      last,
    ];
    const share = tokens === undefined ? "" : `${(100 * cut).toFixed(1)} %`;
    return sampled === undefined
      ? [line("words", words, "")]
      : [line("words", words, ""), line("tokens", sampled, share)];
  });
  const over = tokens === undefined ? "" : `over ${tokens.maxLength}`;
  const table = formatTable(
    [
      { title: "role" },
      { title: "in" },
      ...[...titles, over].map((title) => ({ title, align: right })),
    ],
    rows,
  );
  if (tokens === undefined) return table;
  return `${table}\ntokens by ${tokens.model}, on a random sample of at most ${tokens.sample} rows`;
}

function labelTable({ labels }: FileInspection): string | undefined {
  if (labels === undefined) return undefined;
  const most = labels.values[0]?.count ?? 0;
  const rows = labels.values
    .slice(0, 12)
    .map(({ value, count }) => [value === "" ? "(empty)" : value, String(count), bar(count, most)]);
  const hidden = labels.distinct - rows.length;
  const table = formatTable(
    [{ title: labels.column }, { title: "rows", align: "right" }, { title: "" }],
    rows,
  );
  return hidden > 0 ? `${table}\nand ${hidden} more` : table;
}

function scoreTable({ scores }: FileInspection): string | undefined {
  if (scores === undefined) return undefined;
  const most = Math.max(...scores.histogram.map(({ count }) => count));
  const table = formatTable(
    [{ title: scores.column }, { title: "rows", align: "right" }, { title: "" }],
    scores.histogram.map((bin) => [binLabel(bin), String(bin.count), bar(bin.count, most)]),
  );
  const range = scores.range === undefined ? "no usual scale" : `scale ${scores.range.join("–")}`;
  return `${table}\nfrom ${scores.low} to ${scores.high}, mean ${scores.mean.toFixed(3)}, ${range}`;
}

/** `0–0.5`, `5–8`, `513 and more`. */
export function binLabel({ from, to }: Bin): string {
  const short = (x: number): string => String(Number(x.toPrecision(4)));
  return Number.isFinite(to) ? `${short(from)}–${short(to)}` : `${short(from)} and more`;
}

function bar(count: number, most: number): string {
  return most === 0 ? "" : "█".repeat(Math.round((24 * count) / most));
}

function batchLine({ batch }: FileInspection): string | undefined {
  if (batch === undefined) return undefined;
  const { batchSize, rows, expected, largest } = batch;
  return (
    `${counted(rows, "row")} for in-batch negatives; a random batch of ${batchSize} has ${expected.toFixed(2)} false negatives ` +
    `among ${batchSize * (batchSize - 1)}; ${counted(largest, "row")} in the largest set of connected ones`
  );
}

function findingTable({ findings }: FileInspection): string {
  if (findings.length === 0) return "nothing to mend";
  return findings
    .map(({ what, count, line, advice }) => {
      const where = line === undefined ? "" : ` (first on line ${line})`;
      return `${count}  ${what}${where}\n   → ${advice}`;
    })
    .join("\n");
}

function formatShared({ shared }: Inspection): string[] {
  return shared.map(
    ({ first, second, exact, plain, rows, line }) =>
      `${second} shares texts with ${first}: ${counted(exact, "distinct text")} exactly, ${plain} but for case and punctuation, in ${counted(rows, "row")} (first on line ${line})\n` +
      "   → if one is for training and the other for measuring: train --drop-leaks, or data split both together",
  );
}
