import { describe, expect, it } from "vitest";
import { scoreReport } from "../../src/evaluation/score-report.js";
import {
  comparisonReport,
  formatComparison,
  type RunOutcome,
} from "../../src/report/comparison.js";
import { range, signed, times100 } from "../../src/report/scores.js";
import { evaluationOf, type Shares } from "./evaluations.js";
import { readTable } from "./read-table.js";

const start: Shares = { accuracy: 0.5, f1: 0.3 };

function outcome(name: string, accuracy: number, changes: Partial<RunOutcome> = {}): RunOutcome {
  return {
    name,
    objective: "infonce",
    objectiveOptions: { temperature: 0.05 },
    folder: `runs/${name}`,
    scores: scoreReport({
      file: "dev.csv",
      primary: "accuracy",
      model: { name, evaluation: evaluationOf({ accuracy, f1: 0.9 }) },
      base: { name: "bundled", evaluation: evaluationOf(start) },
      selected: true,
    }),
    bestStep: 20,
    steps: 100,
    stoppedEarly: false,
    seconds: 12.34,
    ...changes,
  };
}

const better = outcome("better", 0.95);
const worse = outcome("worse", 0.1, { bestStep: 0, steps: 60, stoppedEarly: true, seconds: 3 });
const report = comparisonReport([better, worse]);

describe("comparisonReport", () => {
  it("takes each run's figures for the deciding metric from its own scores", () => {
    expect(report).toMatchObject({ metric: "accuracy", measuredOn: "dev.csv", rows: 40 });
    expect(report.base).toMatchObject({ name: "bundled", value: 0.5 });
    for (const [run, source] of [
      [report.runs[0], better],
      [report.runs[1], worse],
    ] as const) {
      const [metric] = source.scores.model.metrics;
      const [{ difference, interval, verdict }] = source.scores.comparisons;
      expect(run).toMatchObject({
        name: source.name,
        run: source.folder,
        value: metric.value,
        interval: metric.interval,
        difference: { difference, interval, verdict },
      });
      expect(run.difference!.difference).toBeCloseTo(run.value - report.base.value, 12);
    }
    expect(report.runs.map((run) => run.difference?.verdict)).toEqual(["better", "worse"]);
  });

  it("keeps what says how a run came about", () => {
    const { objective, objectiveOptions, bestStep, steps, stoppedEarly, seconds } = worse;
    const kept = { objective, objectiveOptions, bestStep, steps, stoppedEarly, seconds };
    expect(report.runs[1]).toMatchObject(kept);
    expect(report.runs[1]).not.toHaveProperty("scores");
  });

  it("has the test part's figures beside, where each run has some", () => {
    const tested = [better, worse].map((run) => ({
      ...run,
      test: { ...run.scores, file: "set aside" },
    }));
    const both = comparisonReport(tested as [RunOutcome, ...RunOutcome[]]);
    expect(both.test).toMatchObject({ measuredOn: "set aside", runs: report.runs });
    expect(formatComparison(both)).toMatch(
      /optimistic[\s\S]*set aside \(40 rows[\s\S]*figures to believe/,
    );
    expect(comparisonReport([better, { ...worse, test: worse.scores }]).test).toBeUndefined();
  });

  it("has no number where a run lacks the metric, rather than another metric's", () => {
    const scores = scoreReport({
      file: "dev.csv",
      primary: "accuracy",
      model: { name: "odd", evaluation: evaluationOf({ f1: 0.9 }) },
      selected: true,
    });
    const [, odd] = comparisonReport([better, outcome("odd", 0, { scores })]).runs;
    expect(odd.value).toBeNaN();
    expect([odd.interval, odd.difference]).toEqual([undefined, undefined]);
    const row = tableOf(formatComparison(comparisonReport([better, { ...worse, scores }]))).rows[2];
    expect(row.slice(0, 5)).toEqual(["worse", "–", "", "", ""]);
  });
});

const tableOf = (text: string) => readTable(text.split("\n").slice(1, -1).join("\n"));

describe("formatComparison", () => {
  const text = formatComparison(report);

  it("has the base first, then a line a run with the report's figures", () => {
    const { titles, rows } = tableOf(text);
    expect(titles.slice(0, 2)).toEqual(["run", "accuracy"]);
    expect(rows[0]).toEqual(["bundled", "50.00", range(report.base.interval), "", "", "", "", ""]);
    const spread = ({ low, high }: { low: number; high: number }) =>
      `${signed(low)}..${signed(high)}`;
    expect(rows.slice(1)).toEqual(
      report.runs.map((run, i) => [
        run.name,
        times100(run.value),
        range(run.interval),
        signed(run.difference!.difference),
        spread(run.difference!.interval),
        String(run.bestStep),
        ["100", "60 (stopped early)"][i],
        ["12.3s", "3.0s"][i],
      ]),
    );
  });

  it("says on which rows, and that they selected", () => {
    const lines = text.split("\n");
    expect(lines[0]).toMatch(/^dev\.csv \(40 rows, scores/);
    const asked = outcome("asked", 0.9, { scores: { ...better.scores, asks: "among 9 others" } });
    expect(formatComparison(comparisonReport([asked]))).toMatch(
      /^dev\.csv \(40 rows, among 9 others, scores/,
    );
    expect(lines.at(-1)).toMatch(/selected .* optimistic/);
  });
});
