import { describe, expect, it } from "vitest";
import { formatSearchAnswer } from "../../src/report/search-answer.js";
import type { SearchAnswer } from "../../src/search/answer.js";

const answer: SearchAnswer = {
  query: "a question",
  models: [
    {
      name: "mini",
      hits: [
        { text: "first", line: 1, score: 0.9, ranks: [1, 4] },
        { text: "second", line: 2, score: 0.5, ranks: [2, 2] },
      ],
    },
    {
      name: "tuned",
      hits: [
        { text: `third ${"long ".repeat(40)}`, line: 3, score: 0.8, ranks: [9, 1] },
        { text: "second", line: 2, score: 0.7, ranks: [2, 2] },
      ],
    },
  ],
};

describe("formatSearchAnswer", () => {
  it("sets the models side by side and says how far each text moved", () => {
    const lines = formatSearchAnswer(answer, 100).split("\n");
    expect(lines[2]).toMatch(/^base: mini {41}tuned$/);
    expect(lines[3]).toMatch(/^ {2}1 {3}0\.900 ▼3 {5}first +1 {3}0\.800 ▲8 {5}third/);
    expect(lines[4]).toMatch(/ 2 {3}0\.500 = {6}second +2 {3}0\.700 = {6}second$/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("sets them one below the other where there is no room", () => {
    const lines = formatSearchAnswer(answer, 60).split("\n");
    expect(lines.indexOf("tuned")).toBeGreaterThan(lines.indexOf("base: mini"));
    expect(lines.every((line) => line.length <= 60)).toBe(true);
  });
});
