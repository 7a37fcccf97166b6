import { describe, expect, it } from "vitest";
import { scoreReport } from "../../src/evaluation/score-report.js";
import { formatScores, range, signed, times100 } from "../../src/report/scores.js";
import { evaluationOf, type Shares } from "./evaluations.js";
import { readTable } from "./read-table.js";

/** Right answers of 40 rows before and after. */
const before: Shares = { accuracy: 0.5, recall: 0.25 };
const after: Shares = { accuracy: 0.9, recall: 0.25 };

const compared = (changes: { selected?: boolean; base?: Shares; model?: Shares } = {}) =>
  scoreReport({
    file: "dev.csv",
    primary: "accuracy",
    model: { name: "run", evaluation: evaluationOf(changes.model ?? after) },
    base: { name: "base", evaluation: evaluationOf(changes.base ?? before) },
    selected: changes.selected ?? false,
  });

const tableOf = (text: string) =>
  readTable(
    text
      .split("\n")
      .filter((line, i) => i > 0 && !/^(no )?verdict/.test(line))
      .join("\n"),
  );

describe("numbers of a report", () => {
  it("are hundredths with two decimals, a dash where there is none", () => {
    expect([0, 1, 0.12345, 0.99996, -0.5].map(times100)).toEqual([
      "0.00",
      "100.00",
      "12.35",
      "100.00",
      "-50.00",
    ]);
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(times100)).toEqual(["–", "–"]);
  });

  it("have a sign exactly once where they are differences", () => {
    expect([0.0123, -0.0123, 0].map(signed)).toEqual(["+1.23", "-1.23", "+0.00"]);
  });

  it("give both ends of an interval, and nothing where there is none", () => {
    expect(range({ low: -0.1, high: 0.2 })).toBe("-10.00..20.00");
    expect(range(undefined)).toBe("");
  });
});

describe("formatScores", () => {
  it("shows every metric of model and base with the record's own figures", () => {
    const report = compared();
    const { titles, rows } = tableOf(formatScores(report));
    expect(titles).toEqual(["metric", "base", "tuned", "95 % CI", "difference", "95 % CI"]);
    expect(rows).toEqual(
      report.model.metrics.map(({ key, value, interval }, i) => {
        const change = report.comparisons.find((one) => one.key === key)!;
        expect(change.difference).toBeCloseTo(value - report.base!.metrics[i].value, 12);
        const { low, high } = change.interval;
        return [
          key === report.primary ? `${key} *` : key,
          times100(report.base!.metrics[i].value),
          times100(value),
          range(interval),
          signed(change.difference),
          `${signed(low)}..${signed(high)}`,
        ];
      }),
    );
    expect(rows[0].slice(1, 3)).toEqual(["50.00", "90.00"]);
    expect(rows[0][4]).toBe("+40.00");
  });

  it("ends with the verdict of the deciding metric, its difference, interval and rows", () => {
    const last = (text: string): string => text.split("\n").at(-1) ?? "";
    const { interval } = compared().comparisons[0];
    expect(interval.low).toBeGreaterThan(0);
    expect(last(formatScores(compared()))).toBe(
      `verdict on accuracy: better (+40.00, 95 % CI ${signed(interval.low)}..${signed(interval.high)}, n 40)`,
    );
    expect(last(formatScores(compared({ base: after, model: before })))).toMatch(
      /^verdict on accuracy: worse \(-40\.00, /,
    );
    expect(last(formatScores(compared({ base: after })))).toMatch(/^n 40: no row has changed$/);
    const unseen = { ...compared(), asks: "unseen texts" };
    expect(last(formatScores(unseen))).toMatch(/^verdict on accuracy: .*, n 40, unseen texts\)$/);
    expect(formatScores(unseen)).toMatch(/^.* rows, unseen texts, scores ×100/);
  });

  it.each([
    [
      -0.01,
      0.16,
      undefined,
      "about 8.5 points to each side and takes in 0, so these rows cannot tell; to show +7.50 takes about 52 rows",
    ],
    [
      0.01,
      0.14,
      0.08,
      "about 6.5 points to each side and leaves out 0, but p is above 0.05; a verdict needs both, and more rows would tell",
    ],
  ])(
    "says by the interval why there is no clear difference (%d to %d, p %d)",
    (low, high, p, why) => {
      const report = compared();
      const open = {
        ...report.comparisons[0],
        ...{
          difference: 0.075,
          interval: { low, high },
          p,
          verdict: "no clear difference" as const,
        },
      };
      const text = formatScores({ ...report, comparisons: [open], verdict: open.verdict });
      expect(text.split("\n").at(-1)).toBe(`n 40: the interval reaches ${why}`);
    },
  );

  it("says in the verdict's sentence how many rows were trained on, from a tenth on", () => {
    const last = (count: number) =>
      formatScores({ ...compared(), known: { count, of: 40, what: "queries" } })
        .split("\n")
        .at(-1);
    expect(last(37)).toMatch(
      /better \(.*\), but 93 % of its queries were trained on: not a measure of new ones$/,
    );
    expect(last(40)).toMatch(/, but all 40 of its queries were trained on: /);
    expect(last(4)).toMatch(/n 40\)$/);
  });

  it("gives no verdict on rows that selected the model, and says why", () => {
    const text = formatScores(compared({ selected: true }));
    expect(text).not.toMatch(/^verdict/m);
    expect(text).toMatch(/selected/);
    expect(tableOf(text).rows).toEqual(tableOf(formatScores(compared())).rows);
  });

  it("has score and interval alone where there is no base", () => {
    const report = scoreReport({
      file: "dev.csv",
      primary: "accuracy",
      model: { name: "run", evaluation: evaluationOf(after) },
      selected: false,
    });
    const text = formatScores(report);
    const { titles, rows } = readTable(text.split("\n").slice(1).join("\n"));
    expect(titles).toEqual(["metric", "score", "95 % CI"]);
    expect(rows).toEqual(
      report.model.metrics.map(({ key, value, interval }) => [
        key,
        times100(value),
        range(interval),
      ]),
    );
    expect(text.split("\n")[0]).toMatch(/^dev\.csv \(.*\b40 rows\b/);
  });

  it("leaves the base's cells of a metric empty that the base does not have", () => {
    const text = formatScores(compared({ base: { accuracy: 0.5 } }));
    const recall = tableOf(text).rows.find(([key]) => key === "recall")!;
    expect(recall[1]).toBe("");
    expect(recall.slice(4)).toEqual(["", ""]);
    expect(recall[2]).toBe("25.00");
  });
});
