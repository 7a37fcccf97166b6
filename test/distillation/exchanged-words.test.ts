import { describe, expect, it } from "vitest";
import {
  exchangeWords,
  isExchangeable,
  vocabularyWords,
} from "../../src/distillation/exchanged-words.js";
import { createRandom } from "../../src/math/random.js";

const letters = "bcdfghjklmnpqrstvwxz";
/** 150 common words and 250 others, with what is no whole word between. */
const tokens = [
  "[PAD]",
  "a",
  "##ing",
  ...Array.from({ length: 400 }, (_, i) => `w${letters[i % 20]}${letters[Math.floor(i / 20)]}`),
  "1984",
];
const { common, words } = vocabularyWords(tokens);
/** The neighbours of word i are i + 1 and i + 2. */
const neighbours = Int32Array.from({ length: 2 * words.length }, (_, at) => {
  const i = Math.floor(at / 2);
  return (i + 1 + (at % 2)) % words.length;
});
const stock = { words, neighbours, k: 2 };
const exchange = (text: string, seed: number): string | undefined =>
  exchangeWords(text.split(" "), common, stock, createRandom(seed, "test"));

describe("vocabularyWords", () => {
  it("takes whole words of letters, the first 150 as common", () => {
    expect(common.size).toBe(150);
    expect(words).toHaveLength(250);
    expect(common.has("wbb")).toBe(true);
    expect([...common, ...words]).not.toContain("##ing");
    expect([...common, ...words]).not.toContain("1984");
  });
});

describe("exchangeWords", () => {
  const [said] = common;
  const text = `${said} mouse , house in 1984 ${said} castle garden river`;

  it("puts only words of the stock in, and leaves marks, numbers and short words", () => {
    const known = new Set([...words, ...text.split(" ")]);
    for (let seed = 0; seed < 50; seed++) {
      const made = exchange(text, seed)?.split(" ") ?? [];
      for (const word of made) expect(known.has(word), word).toBe(true);
      if (made.length > 0) expect(made).toEqual(expect.arrayContaining([",", "in", "1984"]));
    }
  });

  it("keeps the common words or takes all of them out, a third of the time", () => {
    const kept = Array.from(
      { length: 300 },
      (_, seed) =>
        exchange(text, seed)
          ?.split(" ")
          .filter((word) => word === said).length,
    ).filter((count) => count !== undefined);
    expect(new Set(kept)).toEqual(new Set([0, 2]));
    const terse = kept.filter((count) => count === 0).length / kept.length;
    expect(terse).toBeGreaterThan(0.23);
    expect(terse).toBeLessThan(0.43);
  });

  it("follows a word by its neighbours six times in ten, and draws frequent words more often", () => {
    const long = Array.from({ length: 24 }, () => "mouse").join(" ");
    let [pairs, near, early, drawn] = [0, 0, 0, 0];
    for (let seed = 0; seed < 400; seed++) {
      const at = (exchange(long, seed) ?? "").split(" ").map((word) => words.indexOf(word));
      for (let i = 1; i < at.length; i++) {
        if (at[i] < 0 || at[i - 1] < 0) continue;
        pairs++;
        const step = (at[i] - at[i - 1] + words.length) % words.length;
        if (step === 1 || step === 2) near++;
      }
      const first = at.find((index) => index >= 0);
      if (first === undefined) continue;
      drawn++;
      if (first < words.length / 4) early++;
    }
    expect(near / pairs).toBeGreaterThan(0.55);
    expect(near / pairs).toBeLessThan(0.66);
    // The first quarter of the ranks has √¼ of r^−½.
    expect(early / drawn).toBeGreaterThan(0.42);
    expect(early / drawn).toBeLessThan(0.58);
  });

  it("gives nothing where nothing can be exchanged, and the same for the same seed", () => {
    expect(exchange(`${said} 12 , in`, 1)).toBeUndefined();
    expect(exchange(text, 7)).toBe(exchange(text, 7));
  });
});

describe("isExchangeable", () => {
  it("takes texts of 3 to 24 words", () => {
    const lengths = [2, 3, 24, 25].map((n) => isExchangeable(Array.from({ length: n }, () => "x")));
    expect(lengths).toEqual([false, true, true, false]);
  });
});
