import type { Comparison, Interval } from "../evaluation/bootstrap.js";
import type { ScoreReport } from "../evaluation/score-report.js";
import { formatTable } from "./table.js";

/** Scores ×100 with two decimals, as the literature prints them. */
export function times100(value: number): string {
  return Number.isFinite(value) ? (100 * value).toFixed(2) : "–";
}

/** The same with its sign. */
export const signed = (value: number): string => (value < 0 ? "" : "+") + times100(value);

/** `12.34..56.78`; nothing without an interval. */
export const range = (interval: Interval | undefined): string =>
  interval === undefined ? "" : `${times100(interval.low)}..${times100(interval.high)}`;

/** The table of one file and, as its last line, the verdict. */
export function formatScores(report: ScoreReport): string {
  const heading = `${report.file} (${report.task}, ${report.rows} rows, scores ×100, 95 % bootstrap intervals)`;
  return [heading, scoreTable(report), ...closing(report)].join("\n");
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
  const rows = report.model.metrics.map(({ key, value, interval }) => {
    const before = base.metrics.find((metric) => metric.key === key);
    const change = report.comparisons.find((comparison) => comparison.key === key);
    return [
      key,
      before === undefined ? "" : times100(before.value),
      times100(value),
      range(interval),
      change === undefined ? "" : signed(change.difference),
      change === undefined ? "" : `${signed(change.interval.low)}..${signed(change.interval.high)}`,
    ];
  });
  const titles = ["base", "tuned", "95 % CI", "difference", "95 % CI"];
  return formatTable(
    [{ title: "metric" }, ...titles.map((title) => ({ title, align: right }))],
    rows,
  );
}

function closing(report: ScoreReport): string[] {
  if (report.trained) {
    return [
      "no verdict: the run was trained on this file, so its figures are memory; measure on another file",
    ];
  }
  if (report.selected) {
    return [
      "no verdict: this file selected the checkpoint, so its figures are optimistic; measure on another file",
    ];
  }
  const deciding = report.comparisons.find(({ key }) => key === report.primary);
  return report.verdict === undefined || deciding === undefined
    ? []
    : [verdictLine(deciding, report.rows)];
}

/** `verdict: better (+1.23, 95 % CI +0.40..+2.05, n 1500)`. */
export function verdictLine(comparison: Comparison, rows: number): string {
  const { verdict, difference, interval } = comparison;
  const ci = `${signed(interval.low)}..${signed(interval.high)}`;
  return `verdict: ${verdict} (${signed(difference)}, 95 % CI ${ci}, n ${rows})`;
}
