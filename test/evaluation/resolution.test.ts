import { expect, it } from "vitest";
import { rowsToShow, smallestDifference } from "../../src/evaluation/resolution.js";

it("is half of a normal 95 % interval, which narrows with the square root of the rows", () => {
  expect(smallestDifference(100)).toBeCloseTo((1.959964 * 0.3) / 10, 5);
  expect(smallestDifference(400)).toBeCloseTo(smallestDifference(100) / 2, 12);
  for (const difference of [0.01, 0.05, 0.2]) {
    const rows = rowsToShow(difference);
    expect(smallestDifference(rows)).toBeLessThanOrEqual(difference);
    expect(smallestDifference(rows - 1)).toBeGreaterThan(difference);
  }
});
