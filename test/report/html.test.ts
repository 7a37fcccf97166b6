import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataText, escapeHtml, htmlPage, htmlTable } from "../../src/report/html.js";
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

describe("dataText", () => {
  it("keeps a text's direction to itself and its end within bounds", () => {
    const [element] = elements(readFragment(dataText("\u202eabc <b>x</b> שלום")), "bdi");
    expect(textOf(element)).toBe("\ufffdabc <b>x</b> שלום");
    const long = textOf(readFragment(dataText("🙂".repeat(5000))));
    expect([...long].length).toBeLessThan(450);
    expect(long).toContain("(5000 characters)");
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
        "some <rows>",
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
      for (const { name, value } of attrs) {
        expect(["src", "onload", "style"]).not.toContain(name);
        // An empty icon, so that a browser asks for none.
        if (name === "href") expect(value).toBe("data:,");
      }
  });
});
