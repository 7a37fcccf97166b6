import { describe, expect, it } from "vitest";
import type { Evaluation, Evaluator } from "../../../src/evaluation/metric.js";
import { requireSelected } from "../../../src/training/run/require-selected.js";

const evaluation = (value: number): Evaluation => ({
  task: "sts",
  rows: 9,
  metrics: [{ key: "m", value }],
});
const evaluator: Evaluator = {
  task: "sts",
  primary: "m",
  keys: ["m"],
  rows: 9,
  embeds: { own: 18, trained: 0 },
  sides: "alike",
  run: async () => evaluation(0.5),
};
const check = (value: number, elsewhere = false) =>
  requireSelected(
    { evaluator, metric: "m" },
    { step: 6, value: 0.5 },
    { tuned: evaluation(value), elsewhere },
  );

describe("requireSelected", () => {
  it("accepts the value that selected, to the last digits on the same machine", () => {
    expect(() => check(0.5)).not.toThrow();
    expect(() => check(0.5 + 1e-9)).not.toThrow();
    expect(() => check(0.501, true)).not.toThrow();
  });

  it("refuses any other, lower or higher", () => {
    expect(() => check(0.4999)).toThrow("the parameters of step 6 give m 0.4999, but it was 0.5");
    expect(() => check(0.9)).toThrow("when they were selected");
    expect(() => check(Number.NaN)).toThrow("when they were selected");
    expect(() => check(0.51, true)).toThrow("when they were selected");
  });
});
