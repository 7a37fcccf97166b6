import { PreTrainedTokenizer } from "@xenova/transformers";
import { describe, expect, it } from "vitest";
import { tokenizerFiles } from "../../src/distillation/tokenizer-files.js";
import { trainWordPiece } from "../../src/distillation/train-wordpiece.js";
import { tokenCounts, wordPieces } from "../../src/distillation/word-pieces.js";
import { bertWords } from "../../src/distillation/words.js";

const texts = [
  "The lighthouse keeper lights the lamp every night.",
  "Lights and lamps: the keeper's nightly lists!",
  "Où est l'hôtel près de la gare? 你好 world\u200b x\u0301y ...",
  "İstanbul ŞÇĞ ß ﬁ e\u00a0f",
  "a\tb\nc (d)[e] 100% $5 #1",
  `${"long".repeat(30)} word`,
  "",
];

function counted(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts)
    for (const word of bertWords(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

describe("trainWordPiece", () => {
  it("joins the most frequent pair first, of equal ones the first by its letters", () => {
    const counts = new Map([
      ["aab", 5],
      ["cab", 3],
      ["cd", 8],
    ]);
    const tokens = trainWordPiece(counts, 10_000);
    const from = tokens.indexOf("##ab");
    // ##ab and cd occur 8 times each; then aab 5 and cab 3.
    expect(tokens.slice(from)).toEqual(["##ab", "cd", "aab", "cab"]);
  });

  it("stops at the size wanted, and where no pair occurs twice", () => {
    const all = trainWordPiece(counted(), 100_000);
    expect(trainWordPiece(counted(), all.length - 5)).toEqual(all.slice(0, -5));
    expect(new Set(all).size).toBe(all.length);
    expect(trainWordPiece(new Map([["zq", 1]]), 100_000)).not.toContain("zq");
  });

  it("has a token for every printable ASCII character, at a word's start and within", () => {
    const tokens = new Set(trainWordPiece(new Map([["a", 1]]), 0));
    for (let code = 33; code < 127; code++) {
      const character = String.fromCharCode(code).toLowerCase();
      expect(tokens.has(character) && tokens.has(`##${character}`)).toBe(true);
    }
  });
});

describe("the tokenizer that is written", () => {
  const tokens = trainWordPiece(counted(), 400);
  const files = tokenizerFiles(tokens, 128);
  const library = new PreTrainedTokenizer(files["tokenizer.json"], files["tokenizer_config.json"]);
  const numbers = new Map(tokens.map((token, i) => [token, i]));
  const unknown = numbers.get("[UNK]")!;

  it.each(texts)("gives by transformers.js the numbers that were counted here: %j", (text) => {
    const own = bertWords(text).flatMap((word) =>
      [...word].length > 100 ? [unknown] : wordPieces(word, { numbers, unknown }),
    );
    expect(library.encode(text, { add_special_tokens: false })).toEqual(own);
    expect(library.encode(text)).toEqual([numbers.get("[CLS]"), ...own, numbers.get("[SEP]")]);
  });

  it("counts every token of the words", () => {
    const counts = tokenCounts(tokens, new Map([["lamp", 3]]));
    const pieces = wordPieces("lamp", { numbers, unknown });
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(3 * pieces.length);
    for (const piece of pieces) expect(counts[piece]).toBeGreaterThan(0);
  });
});
