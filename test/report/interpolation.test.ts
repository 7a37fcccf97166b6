import { describe, expect, it } from "vitest";
import { scoreReport } from "../../src/evaluation/score-report.js";
import { startSentences } from "../../src/report/interpolation.js";
import type { RunRecord } from "../../src/training/run-folder/run-folder.js";
import { evaluationOf } from "./evaluations.js";

const evaluation = evaluationOf({ accuracy: 0.5 });
const scores = scoreReport({
  file: "dev.csv",
  primary: "accuracy",
  model: { name: "tuned", evaluation },
  base: { name: "mini", evaluation },
  selected: true,
});
const passedOver = { difference: -0.01, interval: { low: -0.03, high: 0.02 } };
const interpolation = { alpha: 0, by: "search", end: "the last step", curve: [] };
const result = { step: 12, bestStep: 0, unchanged: true, scores, passedOver };

const recordOf = (changes: object) =>
  ({ metric: "accuracy", result: { ...result, ...changes } }) as unknown as RunRecord;
const sentences = (changes: object) => startSentences(recordOf(changes), "runs/a");

describe("startSentences", () => {
  it("says what was measured, how sure that is and how to get the last step", () => {
    expect(sentences({ interpolation })).toEqual([
      `no point of the line had a better accuracy than the base on dev.csv (${scores.rows} rows), so the base goes out unchanged`,
      "the end of training against the base: -1.00 (95 % -3.00..+2.00): these rows cannot tell which of the two is better; more of them could (--eval FILE)",
      "the last step all the same: embtune export runs/a --interpolate 1 --to DIR",
    ]);
  });

  it("names the step where no line is searched", () => {
    const clear = { difference: -0.05, interval: { low: -0.08, high: -0.02 } };
    const [first, sure, last] = sentences({ passedOver: clear });
    expect(first).toMatch(/^no step had a better accuracy than the base/);
    expect(sure).toBe("the end of training against the base: -5.00 (95 % -8.00..-2.00)");
    expect(last).toContain("embtune export runs/a:12 --to DIR");
  });

  it("tells the start of a head that reduces dimensions from the base", () => {
    const [first, sure] = sentences({ interpolation, unchanged: false });
    expect(sure).toMatch(/^the end of training against its start: -1\.00/);
    expect(first).toMatch(/better accuracy than its start .*, so the base goes out with the head/);
  });

  it.each([true, false])("names the option that asked for the start, unchanged %s", (unchanged) => {
    const given = { ...interpolation, by: "given" };
    const [only, ...more] = sentences({ interpolation: given, unchanged });
    expect(only).toMatch(
      unchanged
        ? /^the base goes out unchanged, as --inter/
        : /the head as it started .*, as --int/,
    );
    expect(more).toEqual([]);
  });

  it("is silent where training moved what goes out", () => {
    expect(sentences({ bestStep: 12 })).toEqual([]);
    expect(startSentences({} as RunRecord, "runs/a")).toEqual([]);
  });
});
