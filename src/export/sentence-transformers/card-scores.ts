import { counted } from "../../errors/counted.js";
import {
  askedClause,
  type ReportedMetric,
  type ScoreReport,
} from "../../evaluation/score-report.js";
import type { RunRecord } from "../../training/run-folder/run-folder.js";
import type { ModelContent } from "../model-content.js";
import { code } from "./card-text.js";

/** The card's section of scores: the figures of the run's own point; another has not been measured. */
export function scores({ interpolated }: ModelContent, { result, metric }: RunRecord): string {
  const report = result?.scores;
  if (result === undefined) return "";
  const { interpolation } = result;
  if (interpolated !== undefined && interpolated !== interpolation?.alpha)
    return ["## Scores", "", "None of this point.", ...curveLines(metric, interpolation)].join(
      "\n",
    );
  if (report === undefined) {
    const whose =
      interpolation === undefined
        ? ` These are the parameters of the last step (${result.step}).`
        : "";
    return `## Scores\n\nNone: the training rows are single texts, which have no answer to be measured by.${whose}`;
  }
  return [
    "## Scores",
    "",
    ...testScores(result.test),
    `On ${code(report.file)} (${counted(report.rows, "row")}${askedClause(report, report.file)}), ×100, with 95 % bootstrap intervals. ${selected(result)}; measure on your own data.`,
    "",
    ...scoreRows(report),
    ...curveLines(metric, interpolation),
  ].join("\n");
}

/** The figures on rows that neither training nor selection has seen. */
function testScores(report: ScoreReport | undefined): string[] {
  if (report === undefined) return [];
  const verdict = report.verdict === undefined ? "" : ` Verdict: ${report.verdict}.`;
  return [
    `On ${code(report.file)} (${counted(report.rows, "row")}), which neither training nor selection has seen, ×100, with 95 % bootstrap intervals: the figures to believe.${verdict}`,
    "",
    ...scoreRows(report),
    "",
  ];
}

function scoreRows(report: ScoreReport): string[] {
  return [
    "| metric | base | tuned |",
    "|---|---|---|",
    ...report.model.metrics.map((metric) => scoreRow(metric, report)),
  ];
}

type RunResult = NonNullable<RunRecord["result"]>;

/** What the measured rows were for, and whose the figures are. */
function selected({ interpolation, bestStep, step, stoppedEarly }: RunResult): string {
  if (interpolation === undefined)
    return `These rows selected the checkpoint (step ${bestStep} of ${step}), so the figures are optimistic`;
  const { alpha, by } = interpolation;
  if (by === "search") return `These rows chose α = ${alpha}, so the figures are optimistic`;
  if (by === "folds")
    return `Folds of these rows chose α = ${alpha}, and the figures are of the folds' own heads at this α, each on rows that it had not learnt from; the head of this model learnt from all of them`;
  const what = stoppedEarly
    ? "these rows only chose when training stopped, so the figures are optimistic"
    : "these rows selected nothing";
  return `α = ${alpha} was given: ${what}`;
}

/** The deciding metric from the start of training (α = 0) to its end (α = 1). */
function curveLines(metric: string, interpolation: RunResult["interpolation"]): string[] {
  const { curve = [] } = interpolation ?? {};
  if (curve.length === 0) return [];
  return [
    "",
    `| α | ${curve.map(({ alpha }) => alpha).join(" | ")} |`,
    `|---|${curve.map(() => "---").join("|")}|`,
    `| ${metric} | ${curve.map(({ value }) => (100 * value).toFixed(2)).join(" | ")} |`,
  ];
}

function scoreRow(metric: ReportedMetric, { base }: ScoreReport): string {
  const before = base?.metrics.find(({ key }) => key === metric.key);
  return `| ${metric.key} | ${before === undefined ? "" : score(before)} | ${score(metric)} |`;
}

function score({ value, interval }: ReportedMetric): string {
  const digits = (x: number): string => (100 * x).toFixed(2);
  return interval === undefined
    ? digits(value)
    : `${digits(value)} (${digits(interval.low)}..${digits(interval.high)})`;
}
