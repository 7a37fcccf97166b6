import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "../../src/encoder/tokenizer.js";
import { wordTokenizing } from "../../src/encoder/word-tokenizing.js";
import { createRandom } from "../../src/math/random.js";

const FOLDER = "models/embtune-mini-en";
const content = JSON.parse(readFileSync(`${FOLDER}/tokenizer.json`, "utf8"));

/** Texts of words, marks, white space, accents, other scripts, controls and special tokens, drawn at random. */
function texts(count: number): string[] {
  const random = createRandom(3, "word-tokenizing");
  const parts = [
    ..."Rain rain's 3.50 $x_y e-mail U.S. (a)b \t \n {} ~ | ` [CLS] [MASK]x é ﬁ 日本 \u0000 \u00a0 😀".split(
      " ",
    ),
    ..." ,.;:!?'\"-/\\@#%^&*+=<>[]",
    "x".repeat(101),
  ];
  return Array.from({ length: count }, () =>
    Array.from(
      { length: Math.ceil(8 * random.uniform()) },
      () => parts[Math.floor(parts.length * random.uniform())],
    ).join(random.uniform() < 0.5 ? " " : ""),
  );
}

describe("wordTokenizing", () => {
  it("gives the tokenizer's own ids", async () => {
    const { PreTrainedTokenizer } = await import("@xenova/transformers");
    const inner = new PreTrainedTokenizer(content, {});
    const plain = (text: string): number[] => inner.encode(text, { add_special_tokens: false });
    const fast = wordTokenizing(plain, content);
    for (const text of texts(3000)) expect(fast(text), JSON.stringify(text)).toEqual(plain(text));
  });

  it("asks for each word once", () => {
    const asked: string[] = [];
    const counted = (text: string): number[] => {
      asked.push(text);
      return [text.length];
    };
    const fast = wordTokenizing(counted, content);
    expect(fast("a cat, a dog")).toEqual([1, 3, 1, 1, 3]);
    expect(asked).toEqual(["a", "cat", ",", "dog"]);
    expect(fast("naïve cat")).toEqual([9]);
  });

  it("leaves texts with a character that an added token begins with to the tokenizer", () => {
    const fast = wordTokenizing((text) => [text.length], {
      ...content,
      added_tokens: [{ content: "Zed" }],
    });
    expect(fast("a zebra")).toEqual([7]);
    expect(fast("a cat")).toEqual([1, 3]);
  });

  it.each(["normalizer", "pre_tokenizer", "model"])("leaves another %s alone", (part) => {
    const tokenize = (text: string): number[] => [text.length];
    expect(wordTokenizing(tokenize, { ...content, [part]: { type: "Other" } })).toBe(tokenize);
  });

  it.skipIf(!existsSync("../shared/data"))("is that of loadTokenizer", async () => {
    const tokenizer = await loadTokenizer(FOLDER);
    expect([...tokenizer.encode("the cat", 8)]).toEqual([...tokenizer.encode("The  CAT", 8)]);
  });
});
