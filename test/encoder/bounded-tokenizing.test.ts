import { describe, expect, it } from "vitest";
import { boundedTokenizing } from "../../src/encoder/bounded-tokenizing.js";

const withPattern = (Regex: string) => ({ pre_tokenizer: { type: "Split", pattern: { Regex } } });
const hostile = `${"a".repeat(40)}b`;

describe("boundedTokenizing", () => {
  it("ends a regular expression that takes exponential time, and names the file and the text", () => {
    const tokenize = (text: string): number[] => (/^(a+)+$/.test(text) ? [1] : [2]);
    const bounded = boundedTokenizing(tokenize, withPattern("^(a+)+$"), "model/tokenizer.json");
    expect(bounded("aaa")).toEqual([1]);
    const begun = performance.now();
    expect(() => bounded(hostile)).toThrow(/more than 10\d\d ms for a text of 41 characters/);
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(bounded("aab")).toEqual([2]);
  });

  it("passes on what tokenizing throws", () => {
    const fails = (): number[] => {
      throw new RangeError("no such token");
    };
    expect(() => boundedTokenizing(fails, withPattern("(x)*"), "f")("x")).toThrow("no such token");
  });

  it("leaves a tokenizer alone whose patterns repeat no group", () => {
    const tokenize = (): number[] => [7];
    const usual = withPattern("[^\\s\\p{L}]?\\p{L}+|\\p{N}{1,3}|\\s+(?!\\S)");
    expect(boundedTokenizing(tokenize, usual, "f")).toBe(tokenize);
    expect(boundedTokenizing(tokenize, { model: { vocab: { "(a)+": 1 } } }, "f")).toBe(tokenize);
  });
});
