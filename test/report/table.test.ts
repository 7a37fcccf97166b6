import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatTable } from "../../src/report/table.js";
import { readTable } from "./read-table.js";

const word = fc
  .array(fc.constantFrom("a", "Ω", "é", "日", "🙂", "0", "-", "."), { minLength: 1, maxLength: 9 })
  .map((parts) => parts.join(""));
const columns = fc.array(
  fc.record({ title: word, align: fc.constantFrom("left" as const, "right" as const) }),
  { minLength: 1, maxLength: 5 },
);

describe("formatTable", () => {
  it("gives every cell back from where its column lies", () => {
    fc.assert(
      fc.property(
        columns.chain((head) =>
          fc.tuple(
            fc.constant(head),
            fc.array(fc.tuple(...head.map(() => word)), { minLength: 1, maxLength: 6 }),
          ),
        ),
        ([head, rows]) => {
          const { titles, rows: read } = readTable(formatTable(head, rows));
          expect(titles).toEqual(head.map(({ title }) => title));
          expect(read).toEqual(rows);
        },
      ),
    );
  });

  it("puts numbers under each other by their last digit, words by their first letter", () => {
    const lines = formatTable(
      [{ title: "name" }, { title: "n", align: "right" }, { title: "note" }],
      [
        ["日本語", "7", "x"],
        ["🙂", "1234", "long"],
      ],
    ).split("\n");
    const places = lines.map((line) => [...line]);
    expect(places.map((line) => line.indexOf("7"))).toEqual([-1, 9, -1]);
    expect(places[2].indexOf("4")).toBe(9);
    expect(places[0].indexOf("n", 5)).toBe(9);
    expect([places[0].lastIndexOf("n"), places[1].indexOf("x"), places[2].indexOf("l")]).toEqual([
      12, 12, 12,
    ]);
  });

  it("takes what is missing at a line's end as empty and leaves no space behind a line", () => {
    const text = formatTable([{ title: "a" }, { title: "b" }, { title: "c" }], [["1"], ["1", "2"]]);
    expect(text.split("\n").slice(1)).toEqual(["1", "1  2"]);
    expect(text).not.toMatch(/ $/m);
  });

  it("has a line of titles alone where there are no rows", () => {
    expect(formatTable([{ title: "a" }, { title: "b", align: "right" }], [])).toBe("a  b");
  });
});
