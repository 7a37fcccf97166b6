import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cleanText, countWords, defectsOf } from "../../../src/dataset/texts/defects.js";
import { createIntegerList } from "../../../src/dataset/texts/number-list.js";
import {
  hashPlainForm,
  hashText,
  hashWords,
  plainForm,
  plainKeys,
} from "../../../src/dataset/texts/text-hash.js";
import { createTextTable } from "../../../src/dataset/texts/text-table.js";

describe("text hashes", () => {
  const hashOf = (hash: typeof hashText, text: string): string => {
    const words = hashWords();
    hash(text, words);
    return words.join("/");
  };

  it("of the plain form are those of plainForm's text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: "grapheme" })), (text) => {
        expect(hashOf(hashPlainForm, text)).toBe(hashOf(hashText, plainForm(text)));
      }),
    );
  });

  it("differ for 300,000 similar texts", () => {
    const seen = new Set<string>();
    for (let i = 0; i < 300_000; i++) seen.add(hashOf(hashText, `text ${i}`));
    expect(seen.size).toBe(300_000);
  });

  it("as numbers are whole, equal where plain forms are, and differ for 300,000 similar texts", () => {
    const key = plainKeys();
    const seen = new Set(Array.from({ length: 300_000 }, (_, i) => key(`text ${i}`)));
    expect(seen.size).toBe(300_000);
    expect([...seen].every(Number.isSafeInteger)).toBe(true);
    expect(key("Text: 5!")).toBe(key("text 5"));
    expect(seen.has(key("TEXT 299999"))).toBe(true);
  });

  it("ignore case, punctuation, width and spaces in the plain form", () => {
    expect(plainForm("  Héllo,  WORLD! ")).toBe("héllo world");
    expect(plainForm("ＡＢＣ（１２）")).toBe("abc 12");
    expect(plainForm("a\u0000B.")).toBe("a\u0000b");
  });
});

describe("text table", () => {
  it("numbers distinct texts as a Map does", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (texts) => {
        const table = createTextTable(hashText);
        const numbers = new Map<string, number>();
        for (const text of texts) {
          if (!numbers.has(text)) numbers.set(text, numbers.size);
          expect(table.add(text)).toBe(numbers.get(text));
        }
        expect(table.size()).toBe(numbers.size);
        for (const [text, number] of numbers) expect(table.find(text)).toBe(number);
        expect(table.find("not a text of three")).toBe(-1);
      }),
    );
  });

  it("grows", () => {
    const table = createTextTable(hashText);
    const list = createIntegerList();
    for (let i = 0; i < 20_000; i++) list.push(table.add(`${i % 10_000}`));
    expect(table.size()).toBe(10_000);
    expect(list.values()[19_999]).toBe(9999);
    expect(list.length()).toBe(20_000);
  });
});

describe("defects", () => {
  it.each([
    ["cafÃ© au lait", "mojibake", "café au lait"],
    ["it â€œworksâ€\u009d", "mojibake", "it “works”"],
    ["Â£5 for dÃ©jÃ\u00a0 vu", "mojibake", "£5 for déjà vu"],
    ["Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "mojibake", "привет"],
    ["fish &amp; chips", "HTML entities", "fish & chips"],
    ["it&#39;s &quot;so&quot; caf&eacute;", "HTML entities", 'it\'s "so" café'],
    ["a\u0007b\u200bc", "control characters", "a bc"],
    ["a\r\n b", "line breaks", "a b"],
  ])("%s", (text, defect, clean) => {
    expect(defectsOf(text)).toContain(defect);
    expect(cleanText(text)).toBe(clean);
    expect(cleanText(clean)).toBe(clean);
  });

  it.each(["naïve café", "AT&T & Co", "Ärger über Öl", "Ångström", "x &unknown; y", "æøå â ê î"])(
    "leaves %s alone",
    (text) => {
      expect(defectsOf(text)).toEqual([]);
      expect(cleanText(text)).toBe(text);
    },
  );

  it("names characters that are lost", () => {
    expect(defectsOf("caf\ufffd")).toEqual(["lost characters"]);
    expect(cleanText("caf\ufffd")).toBe("caf\ufffd");
  });

  it("counts words between white space", () => {
    expect(["", " ", "a", " a  b\tc\n", "x\u00a0y"].map(countWords)).toEqual([0, 0, 1, 3, 2]);
  });
});
