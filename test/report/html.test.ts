import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { barChart, escapeHtml, htmlPage, htmlTable } from "../../src/report/html.js";
import { elements, readFragment, readPage, textOf } from "./read-html.js";

describe("escapeHtml", () => {
  it("is read back as the text it was, as content and as an attribute", () => {
    const text = fc.string({ unit: fc.constantFrom("<", ">", "&", '"', "'", "a", ";", "l", "t") });
    fc.assert(
      fc.property(text, (value) => {
        const escaped = escapeHtml(value);
        const [element] = elements(readFragment(`<p title="${escaped}">${escaped}</p>`), "p");
        expect(textOf(element)).toBe(value);
        expect(element.attrs).toEqual([{ name: "title", value }]);
      }),
    );
  });

  it("lets no control character through, but white space", () => {
    const escaped = escapeHtml("a\u0000b\u0007c\u001bd\u007fe\u0085f\tg\nh");
    expect(escaped).toBe("a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\tg\nh");
    expect(textOf(readFragment(escaped))).toBe(escaped);
  });
});

describe("barChart", () => {
  const bars = [
    { label: "few", count: 5 },
    { label: "most", count: 20 },
    { label: "none", count: 0 },
  ];
  const svg = readFragment(barChart(bars));
  const number = (element: { attrs: { name: string; value: string }[] }, name: string): number =>
    Number(element.attrs.find((one) => one.name === name)?.value);

  it("draws bars whose lengths are to each other as their counts", () => {
    const widths = elements(svg, "rect").map((rect) => number(rect, "width"));
    expect(widths[0] / widths[1]).toBeCloseTo(5 / 20, 3);
    expect(widths[2]).toBe(0);
  });

  it("keeps every bar and label inside the image, none over another", () => {
    const [image] = elements(svg, "svg");
    const [width, height] = [number(image, "width"), number(image, "height")];
    const rects = elements(svg, "rect");
    for (const rect of rects) {
      expect(number(rect, "x") + number(rect, "width")).toBeLessThanOrEqual(width);
      expect(number(rect, "y") + number(rect, "height")).toBeLessThanOrEqual(height);
    }
    for (const [i, rect] of rects.slice(1).entries())
      expect(number(rect, "y")).toBeGreaterThanOrEqual(
        number(rects[i], "y") + number(rects[i], "height"),
      );
  });

  it("writes label and count beside each bar, and the whole label in its tooltip", () => {
    const label = `a <long> label & ${"more ".repeat(10)}`;
    const chart = readFragment(barChart([{ label, count: 3 }]));
    const [shown, count] = elements(chart, "text").map(textOf);
    expect(count).toBe("3");
    expect(shown).toHaveLength(22);
    expect(label.startsWith(shown.slice(0, -1))).toBe(true);
    expect(elements(chart, "title").map(textOf)).toEqual([`${label}: 3`]);
  });

  it("is an image also of no bars and of bars without a count", () => {
    for (const none of [[], [{ label: "x", count: 0 }]])
      expect(barChart(none)).not.toMatch(/NaN|Infinity/);
  });
});

describe("htmlTable", () => {
  it("has a cell for each value under its title, numbers marked by the title's #", () => {
    const table = readFragment(
      htmlTable(
        ["name", "#rows"],
        [
          ["a &amp; b", "7"],
          ["c", "12"],
        ],
      ),
    );
    expect(elements(table, "th").map(textOf)).toEqual(["name", "rows"]);
    expect(elements(table, "td").map(textOf)).toEqual(["a & b", "7", "c", "12"]);
    const numeric = elements(table, "td").map(({ attrs }) => attrs.length > 0);
    expect(numeric).toEqual([false, true, false, true]);
  });
});

describe("htmlPage", () => {
  it("is one valid document with an escaped title, a charset and nothing to fetch", () => {
    const page = readPage(htmlPage("a </title><script>x</script>", "<p>body</p>"));
    expect(elements(page, "title").map(textOf)).toEqual(["a </title><script>x</script>"]);
    expect(elements(page, "script")).toEqual([]);
    expect(elements(page, "meta")[0].attrs).toEqual([{ name: "charset", value: "utf-8" }]);
    for (const { attrs } of elements(page))
      for (const { name } of attrs) expect(["src", "href", "onload", "style"]).not.toContain(name);
  });
});
