import { expect, it } from "vitest";
import { mostlyFalse } from "../../src/report/mine-summary.js";

const scores = (
  positive: number,
  negative: number,
  rules: Parameters<typeof mostlyFalse>[1] = {},
) =>
  mostlyFalse(
    {
      quantiles: [
        { what: "positives", count: 4, values: [0, 0, 0, positive, 1, 1, 1] },
        { what: "chosen negatives", count: 4, values: [0, 0, 0, negative, 1, 1, 1] },
      ],
    },
    rules,
  );

it("warns of negatives that are nearer than the positives, by the medians", () => {
  expect(scores(0.8, 0.7)).toBeUndefined();
  expect(scores(0.7, 0.8)).toMatch(/mostly false: .*0\.800.*0\.700; .*--margin/);
  // Rows whose positives are far have no negatives then, so the medians are of different rows.
  expect(scores(0.7, 0.8, { margin: { kind: "relative", value: 0.05 } })).toBeUndefined();
});
