import { counted } from "../errors/counted.js";
import type { Comparison, Interval } from "../evaluation/bootstrap.js";
import { askedClause, deciding, type ScoreReport } from "../evaluation/score-report.js";
import { formatAnalysis } from "./analysis.js";
import { fittingTable, formatTable } from "./table.js";

/** Scores ×100 with two decimals, as the literature prints them. */
export function times100(value: number): string {
  return Number.isFinite(value) ? (100 * value).toFixed(2) : "–";
}

/** The same with its sign. */
export const signed = (value: number): string => (value < 0 ? "" : "+") + times100(value);

/** `12.34..56.78`; nothing without an interval. */
export const range = (interval: Interval | undefined): string =>
  interval === undefined ? "" : `${times100(interval.low)}..${times100(interval.high)}`;

/** `p 0.012`, or `p < 0.001`. */
export function pValue(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}

/** The reports of all files: a table each, or where there are several models or forms of vectors, one table by the deciding metric. */
export function formatReports(reports: readonly ScoreReport[], width?: number): string {
  const files = [...new Set(reports.map(({ file }) => file))];
  return files
    .map((file) => {
      const own = reports.filter((report) => report.file === file);
      const table = own.length === 1 ? formatScores(own[0]) : formatSideBySide(own, width);
      const analyses = own.flatMap(({ model, analysis }) =>
        analysis === undefined ? [] : [`\n${model.name}\n${formatAnalysis(analysis)}`],
      );
      return [table, ...analyses].join("\n");
    })
    .join("\n\n");
}

/** The table of one file and, as its last line, the verdict. */
export function formatScores(report: ScoreReport): string {
  return [heading(report), scoreTable(report), ...notes(report), ...closing(report)].join("\n");
}

function heading(report: ScoreReport): string {
  const { file, task, rows, groups } = report;
  const shared =
    groups === undefined || groups.by === "rows"
      ? ""
      : ` in ${counted(groups.count, "group that shares", "groups that share")} ${groups.by === "texts" ? "texts" : "their first text"} (the largest ${groups.largest}), which are resampled`;
  return `${file} (${task}, ${counted(rows, "row")}${shared}${askedClause(report, file)}, scores ×100, 95 % bootstrap intervals)`;
}

/** Several models or forms of vectors on the same rows: one row each, by the deciding metric. */
function formatSideBySide(reports: readonly ScoreReport[], width?: number): string {
  const [first] = reports;
  const right = "right" as const;
  const compared = reports.some(({ base }) => base !== undefined);
  const titles = ["95 % CI", ...(compared ? ["vs base", "95 % CI", "p", "verdict"] : [])];
  const rows = reports.map((report) => {
    const own = report.model.metrics.find(({ key }) => key === report.primary);
    const change = deciding(report);
    return [
      `${report.model.name}${formOf(report)}`,
      times100(own?.value ?? Number.NaN),
      range(own?.interval),
      change === undefined ? "" : signed(change.difference),
      change === undefined ? "" : signedRange(change.interval),
      change?.p === undefined ? "" : pValue(change.adjustedP ?? change.p),
      report.verdict ?? (seen(report) === undefined ? "" : "none"),
    ];
  });
  const table = fittingTable(
    [{ title: "model" }, ...[first.primary, ...titles].map((title) => ({ title, align: right }))],
    rows,
    width,
  );
  const names = [...new Set(reports.flatMap(({ base }) => base?.name ?? []))];
  const corrected = reports.some((one) => deciding(one)?.adjustedP !== undefined);
  return [
    heading(first),
    table,
    ...(names.length === 0 ? [] : [`base: ${names.join(", ")}, in the same form of vectors`]),
    ...(corrected ? ["p-values are corrected for the number of models by Holm's method"] : []),
    ...new Set(
      reports.flatMap((report) => [...notes(report), ...(seen(report) ?? knownLine(report))]),
    ),
  ].join("\n");
}

/** What stands below a table of verdicts, in the place of what a verdict's own line says. */
function knownLine(report: ScoreReport): string[] {
  const share = knownShare(report);
  const verdict = report.verdict ?? "figures";
  return share === undefined
    ? []
    : [`${report.model.name}: ${verdict}, but ${share}: not a measure of new ones`];
}

function formOf({ dim, precision }: ScoreReport): string {
  return [
    dim === undefined ? "" : `, ${dim} dimensions`,
    precision === undefined ? "" : `, ${precision}`,
  ].join("");
}

function scoreTable(report: ScoreReport): string {
  const { base } = report;
  const right = "right" as const;
  if (base === undefined) {
    return formatTable(
      [{ title: "metric" }, { title: "score", align: right }, { title: "95 % CI", align: right }],
      report.model.metrics.map(({ key, value, interval }) => [
        key,
        times100(value),
        range(interval),
      ]),
    );
  }
  const tested = report.comparisons.some(({ p }) => p !== undefined);
  const rows = report.model.metrics.map(({ key, value, interval }) => {
    const before = base.metrics.find((metric) => metric.key === key);
    const change = report.comparisons.find((comparison) => comparison.key === key);
    return [
      key === report.primary && report.model.metrics.length > 1 ? `${key} *` : key,
      before === undefined ? "" : times100(before.value),
      times100(value),
      range(interval),
      change === undefined ? "" : signed(change.difference),
      change === undefined ? "" : signedRange(change.interval),
      ...(tested ? [change?.p === undefined ? "" : pValue(change.p)] : []),
    ];
  });
  const titles = ["base", "tuned", "95 % CI", "difference", "95 % CI", ...(tested ? ["p"] : [])];
  return formatTable(
    [{ title: "metric" }, ...titles.map((title) => ({ title, align: right }))],
    rows,
  );
}

const signedRange = ({ low, high }: Interval): string => `${signed(low)}..${signed(high)}`;

function notes(report: ScoreReport): string[] {
  return (report.notes ?? []).map((note) => `note: ${note}`);
}

/** Why there is no verdict on a file that the model has seen. */
function seen({ selected, trained, known }: ScoreReport): string[] | undefined {
  if (selected)
    return [
      `no verdict: this file selected the model, so its figures are optimistic${knownClause({ known })}; measure on another file`,
    ];
  return trained === true
    ? [
        "no verdict: the model was trained on this file, so its figures are memory; measure on another file",
      ]
    : undefined;
}

/** Above this share of known rows the verdict says so: it tells what is remembered. */
const MUCH_KNOWN = 0.1;

/** `93 % of its queries were trained on`, where it is more than a tenth. */
export function knownShare({ known }: Pick<ScoreReport, "known">): string | undefined {
  if (known === undefined || !(known.count / known.of > MUCH_KNOWN)) return undefined;
  const { count, of, what } = known;
  const share = count === of ? `all ${of}` : `${Math.min(99, Math.round((100 * count) / of))} %`;
  return `${share} of its ${what} were trained on`;
}

/** `, but 93 % of its queries were trained on: not a measure of new ones` */
export function knownClause(report: Pick<ScoreReport, "known">): string {
  const share = knownShare(report);
  return share === undefined ? "" : `, but ${share}: not a measure of new ones`;
}

function closing(report: ScoreReport): string[] {
  const reason = seen(report);
  if (reason !== undefined) return reason;
  const comparison = deciding(report);
  return report.verdict === undefined || comparison === undefined
    ? []
    : [
        verdictLine(comparison, report) + knownClause(report),
        ...resolutionLine(comparison, report),
      ];
}

/** What rows leave open: how far the interval reaches, why it is no verdict, and how many rows would show a difference of this size. */
function resolutionLine(
  { verdict, difference, interval }: Comparison,
  { rows, groups }: ScoreReport,
): string[] {
  if (verdict !== "no clear difference") return [];
  const half = (interval.high - interval.low) / 2;
  if (half === 0) return [`n ${rows}: no row has changed`];
  const reach = `about ${(100 * half).toFixed(half < 0.1 ? 1 : 0)} points to each side`;
  if (interval.low > 0 || interval.high < 0)
    return [
      `n ${rows}: the interval reaches ${reach} and leaves out 0, but p is above 0.05; a verdict needs both, and more rows would tell`,
    ];
  const seen = `n ${rows}: the interval reaches ${reach} and takes in 0, so these rows cannot tell`;
  const factor = (half / difference) ** 2;
  // The interval narrows with the square root of what is drawn: rows, or groups of them.
  const needed = Math.ceil((groups?.count ?? rows) * factor);
  const what = groups === undefined ? "rows" : "groups of rows";
  if (!(factor > 1) || !Number.isFinite(needed)) return [seen];
  const many = needed > 1_000_000 ? "more than a million" : `about ${roundedUp(needed)}`;
  return [`${seen}; to show ${signed(difference)} takes ${many} ${what}`];
}

/** Two digits are all that such an estimate has. */
function roundedUp(count: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.ceil(count / unit) * unit).toLocaleString("en-US");
}

/** `verdict on accuracy: better (+1.23, 95 % CI +0.40..+2.05, p 0.004, n 1500, unseen texts)`. */
function verdictLine(comparison: Comparison, report: Pick<ScoreReport, "rows" | "asks">): string {
  const { key, verdict, difference, interval, p, adjustedP } = comparison;
  const ci = `95 % CI ${signedRange(interval)}`;
  const test = p === undefined ? "" : `, p ${pValue(adjustedP ?? p)}`;
  return `verdict on ${key}: ${verdict} (${signed(difference)}, ${ci}${test}, n ${report.rows}${askedClause(report)})`;
}
