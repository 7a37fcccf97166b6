import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { augmentText } from "../../../src/dataset/augment/augment-text.js";
import {
  type Augmentation,
  type AugmentationName,
  levelOf,
  parseAugmentations,
} from "../../../src/dataset/augment/augmentation.js";
import { UserError } from "../../../src/errors/user-error.js";
import { createRandom } from "../../../src/math/random.js";

const one = (name: AugmentationName, strength: number): Augmentation[] => [{ name, strength }];
const words = Array.from({ length: 20 }, (_, i) => `w${i}`);

describe("parseAugmentations", () => {
  it("reads names and strengths", () => {
    expect(parseAugmentations("deletion:0.1, noise:2")).toEqual([
      { name: "deletion", strength: 0.1 },
      { name: "noise", strength: 2 },
    ]);
    expect(["crop", "token-cutoff", "dropout", "mixup"].map((n) => levelOf(n as "crop"))).toEqual([
      "text",
      "token",
      "encoder",
      "vector",
    ]);
  });

  it.each([
    ["delet:0.1", "deletion"],
    ["crop", "crop:0.1"],
    ["crop:0", "crop:0.1"],
    ["crop:1", "crop:0.1"],
    ["crop:0.1:0.2", "crop:0.1"],
    ["crop:0.1,crop:0.2", "once"],
    ["", "one of"],
  ])("refuses %j", (text, hint) => {
    const parse = () => parseAugmentations(text);
    expect(parse).toThrow(UserError);
    try {
      parse();
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 2, hint: expect.stringContaining(hint) });
    }
  });
});

describe("augmentText", () => {
  it("deletion leaves words in order, the given share out, and at least one", () => {
    let kept = 0;
    const random = createRandom(1);
    for (let i = 0; i < 500; i++) {
      const view = augmentText(words.join(" "), one("deletion", 0.25), random).split(" ");
      kept += view.length;
      expect(view).toEqual(words.filter((word) => view.includes(word)));
    }
    expect(Math.abs(kept / 500 / 20 - 0.75)).toBeLessThan(0.02);
    for (let i = 0; i < 50; i++)
      expect(["a", "b"]).toContain(augmentText("a b", one("deletion", 0.9), random).split(" ")[0]);
  });

  it("crop keeps a span", () => {
    const random = createRandom(2);
    const starts = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const view = augmentText(words.join(" "), one("crop", 0.3), random).split(" ");
      expect(view).toHaveLength(14);
      starts.add(view[0]);
      expect(words.join(" ")).toContain(view.join(" "));
    }
    expect(starts.size).toBe(7);
  });

  it("repetition says some words twice, beside each other", () => {
    const random = createRandom(3);
    const lengths = new Set<number>();
    for (let i = 0; i < 200; i++) {
      const view = augmentText(words.join(" "), one("repetition", 0.2), random).split(" ");
      lengths.add(view.length - 20);
      expect(view.filter((word, place) => word !== view[place - 1])).toEqual(words);
    }
    expect([...lengths].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("leaves words of any text, always the same for the same random numbers", () => {
    const all = parseAugmentations("deletion:0.3,crop:0.3,repetition:0.5");
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, seed) => {
        const view = augmentText(text, all, createRandom(seed));
        expect(augmentText(text, all, createRandom(seed))).toBe(view);
        const own = new Set(text.split(/\s+/));
        if (text.trim() === "") expect(view).toBe(text);
        else for (const word of view.split(" ")) expect(own).toContain(word);
      }),
    );
  });
});
