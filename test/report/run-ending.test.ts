import { describe, expect, it } from "vitest";
import { formatEnding } from "../../src/report/run-ending.js";
import type { RunRecord } from "../../src/training/run-folder/run-folder.js";
import { accuracyScores as scores } from "./evaluations.js";

const record = {
  metric: "accuracy",
  notes: ["one thing"],
  result: { scores },
} as unknown as RunRecord;
const log = [0.5, 0.6, 0.75, 0.55].map((value, step) => ({ step, eval: { accuracy: value } }));
const linesOf = (ending: Parameters<typeof formatEnding>[0]): Record<string, string> =>
  Object.fromEntries(
    formatEnding(ending)
      .split("\n")
      .map((line) => [line.slice(0, 10).trim(), line.slice(10)]),
  );

describe("formatEnding", () => {
  it("tells the change with its interval, the curve, remarks, places and what to do next", () => {
    const lines = linesOf({ folder: "runs/first", record, log, report: "runs/first/report.html" });
    expect(lines.accuracy).toMatch(
      /^50\.00 → 75\.00 {2}\+25\.00 \(95 % CI \d.*\), on the rows that selected it$/,
    );
    const known = { ...record, result: { scores: { ...scores, asks: "unseen texts" } } };
    expect(
      linesOf({ folder: "runs/first", record: known as unknown as RunRecord, log }).accuracy,
    ).toMatch(/, on the rows that selected it, unseen texts$/);
    expect(lines["by step"]).toBe("▁▄█▂  50.00..75.00");
    expect(lines.remarks).toBe("1, shown above and in the report");
    expect(lines.report).toBe("runs/first/report.html");
    expect(lines.next).toBe("embtune evaluate OTHER-ROWS.csv --model runs/first");
    expect(lines[""]).toBe("embtune search TEXTS.txt --model runs/first");
  });

  it.each([
    [
      "cosine_ndcg@10",
      "evaluate OTHER-QUERIES.csv --corpus CORPUS.csv --qrels QRELS.csv",
      "search",
    ],
    ["cosine_ap", "evaluate OTHER-ROWS.csv", "similar"],
  ])("goes on from %s with a command for such rows", (metric, next, use) => {
    const ending = formatEnding({ folder: "runs/first", record: { ...record, metric }, log });
    expect(ending).toContain(`  embtune ${next} --model runs/first\n`);
    expect(ending).toContain(`  embtune ${use} TEXTS.txt`);
  });

  it("says of a change how much of it is remembered", () => {
    const known = { count: 93, of: 100, what: "queries" } as const;
    const leaking = { ...record, result: { scores: { ...scores, known } } } as RunRecord;
    expect(linesOf({ folder: "runs/first", record: leaking, log }).accuracy).toMatch(
      /selected it, but 93 % of its queries were trained on: not a measure of new ones$/,
    );
  });

  it("keeps a long curve on its line and quotes a folder with a space", () => {
    const many = Array.from({ length: 500 }, (_, step) => ({
      step,
      eval: { accuracy: step / 500 },
    }));
    const lines = linesOf({ folder: "my runs/first", record, log: many });
    expect(lines["by step"].split(" ")[0]).toHaveLength(40);
    expect(lines.next).toContain('--model "my runs/first"');
    expect(lines.report).toBeUndefined();
    expect(lines.remarks).toBe("1, shown above");
  });

  it("leaves out what was not measured", () => {
    const unmeasured = { metric: "none" } as unknown as RunRecord;
    expect(Object.keys(linesOf({ folder: "runs/x", record: unmeasured, log: [] }))).not.toContain(
      "by step",
    );
  });
});
