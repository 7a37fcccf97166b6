import { expect, it } from "vitest";
import { counted } from "../../src/errors/counted.js";

it("gives a count the noun of its number", () => {
  expect([0, 1, 2].map((count) => counted(count, "row"))).toEqual(["0 rows", "1 row", "2 rows"]);
  expect([1, 3].map((count) => counted(count, "query has", "queries have"))).toEqual([
    "1 query has",
    "3 queries have",
  ]);
});
