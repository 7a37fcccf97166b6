import { describe, expect, it } from "vitest";
import type { RunData } from "../../src/report/run-page/run-data.js";
import { trainingFigures } from "../../src/report/run-page/training-figures.js";
import { accuracyScores as scores } from "./evaluations.js";

const log = [0.5, 0.6, 0.7].map((value, i) => ({ step: 10 * i, eval: { accuracy: value } }));

/** The caption of the deciding metric's figure in a run whose result is this. */
function caption(result: object): string | undefined {
  const record = { metric: "accuracy", options: {}, result: { step: 20, scores, ...result } };
  const data = { folder: "run", record, log } as unknown as RunData;
  return trainingFigures(data).find(({ title }) => title === "accuracy")?.caption;
}

describe("the figure of the deciding metric", () => {
  it("says which point was chosen, on the line or among the steps", () => {
    const between = { bestStep: 20, interpolation: { alpha: 0.4 } };
    expect(caption(between)).toContain(
      "Chosen: α 0.4 of the line from the start to step 20 with 75.00",
    );
    for (const interpolation of [undefined, { alpha: 1 }])
      expect(caption({ bestStep: 20, interpolation })).toContain("Chosen: step 20 with 75.00");
    expect(caption({ bestStep: 0, interpolation: { alpha: 0 } })).toContain("Chosen: step 0 with");
  });

  it("says what the rows asked, where that could be something else", () => {
    expect(caption({ bestStep: 20 })).toContain("on the selecting data. ");
    const asked = { bestStep: 20, scores: { ...scores, asks: "unseen texts" } };
    expect(caption(asked)).toContain("on the selecting data, unseen texts. ");
  });
});
