import { describe, expect, it } from "vitest";
import { prunedVocabulary, wordPieceTokens } from "../../src/distillation/pruned-vocabulary.js";
import { tokenizerFiles } from "../../src/distillation/tokenizer-files.js";
import { SPECIAL_TOKENS } from "../../src/distillation/train-wordpiece.js";
import { tokenCounts, wordPieces } from "../../src/distillation/word-pieces.js";

const letters = [..."acehostuwxyzé"].flatMap((letter) => [letter, `##${letter}`]);
const whole = ["[PAD]", "zebra", "[MASK]", "[UNK]", "[CLS]", "[SEP]"];
const tokens = [...whole, ...letters, "cat", "house", "unused", "the"];
const words = new Map([
  ["the", 50],
  ["cats", 20],
  ["house", 3],
  ["zoé", 1],
]);
const counts = tokenCounts(tokens, words);

describe("prunedVocabulary", () => {
  const pruned = prunedVocabulary({ tokens, counts, words: words.keys() }, 33);

  it("begins with the special tokens, keeps the corpus' characters and what it has most", () => {
    expect(pruned.slice(0, 5)).toEqual(SPECIAL_TOKENS);
    expect(pruned).toEqual(expect.arrayContaining(["the", "é", "##é"]));
    expect(pruned).not.toContain("unused");
    expect(pruned).not.toContain("zebra");
    expect(new Set(pruned).size).toBe(pruned.length);
  });

  it("leaves every word of the corpus tokens, in pieces where its own went", () => {
    const numbers = new Map(pruned.map((token, i) => [token, i]));
    expect(numbers.has("house")).toBe(false);
    for (const word of words.keys())
      expect(wordPieces(word, { numbers, unknown: -1 })).not.toContain(-1);
  });

  it("keeps all that stands in the corpus where there is room", () => {
    const roomy = prunedVocabulary({ tokens, counts, words: words.keys() }, 1000);
    expect(roomy).toEqual(expect.arrayContaining(["cat", "##s", "house", "the"]));
    expect(roomy).not.toContain("unused");
  });
});

describe("wordPieceTokens", () => {
  const files = tokenizerFiles([...SPECIAL_TOKENS, "a", "##b"], 128);
  const tokenizer = files["tokenizer.json"] as Record<string, Record<string, unknown>>;

  it("reads the tokens in the order of their numbers", () => {
    expect(wordPieceTokens(tokenizer, "tokenizer.json")).toEqual([...SPECIAL_TOKENS, "a", "##b"]);
  });

  it.each([
    [{ model: { ...tokenizer.model, type: "BPE" } }, "a model of type BPE"],
    [{ normalizer: { ...tokenizer.normalizer, lowercase: false } }, "no lower-casing"],
    [{ pre_tokenizer: { type: "Metaspace" } }, "a pre_tokenizer of type Metaspace"],
    [{ model: { type: "WordPiece", vocab: { "[PAD]": 0 } } }, "no [UNK], no [CLS]"],
  ])("refuses %#: it would be taken apart otherwise", (part, message) => {
    expect(() => wordPieceTokens({ ...tokenizer, ...part }, "tokenizer.json")).toThrow(message);
  });
});
