import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Encoder } from "../../../src/encoder/encoder.js";
import type { DistillContext, DistillEvent } from "../../../src/jobs/distill/context.js";
import { addExchangedTexts } from "../../../src/jobs/distill/exchanged-texts.js";
import { createRandom } from "../../../src/math/random.js";
import { openRuntime, type Runtime } from "../../../src/runtime/runtime.js";
import { freshFolder } from "../../support/cli.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const letters = "bcdfghjklm";
const wordOf = (i: number): string =>
  `w${[...String(i).padStart(3, "0")].map((digit) => letters[Number(digit)]).join("")}`;

/** A teacher with so many whole words, the first 150 of them common ones, and some vector for each. */
function teacherOf(words: number): Encoder {
  const path = freshFolder();
  const tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  for (let i = 0; i < words; i++) tokens.push(wordOf(i));
  const vocab = Object.fromEntries(tokens.map((token, i) => [token, i]));
  const tokenizer = {
    model: { type: "WordPiece", vocab },
    normalizer: { type: "BertNormalizer", lowercase: true },
    pre_tokenizer: { type: "BertPreTokenizer" },
  };
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "tokenizer.json"), JSON.stringify(tokenizer));
  const random = createRandom(1);
  const encode = async (texts: readonly string[]) => ({
    rows: texts.length,
    cols: 4,
    data: Float32Array.from({ length: 4 * texts.length }, () => random.normal()),
  });
  return { info: { path }, encode } as unknown as Encoder;
}

async function added(texts: readonly string[], words: number, count: number) {
  const out = freshFolder();
  mkdirSync(out, { recursive: true });
  const corpus = join(out, "corpus.jsonl");
  writeFileSync(corpus, texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  const notes: string[] = [];
  const onEvent = (event: DistillEvent) => {
    if (event.type === "note") notes.push(event.message);
  };
  const context = { options: { out, seed: 3 }, signal: undefined, onEvent };
  const written = await addExchangedTexts(context as unknown as DistillContext, {
    ...{ count, teacher: teacherOf(words), runtime, excluded: new Set<string>() },
  });
  const lines = readFileSync(corpus, "utf8").trimEnd().split("\n");
  return { written, notes, lines: lines.map((line) => JSON.parse(line).text as string) };
}

describe("addExchangedTexts", () => {
  it.each([0, 1, 50])("refuses a vocabulary with %i words to exchange", async (more) => {
    await expect(added(["one two three"], 150 + more, 5)).rejects.toMatchObject({
      code: "few-words",
    });
  });

  it("makes several of a text where more are wanted than there are, of words of the vocabulary", async () => {
    const texts = ["river castle mouse garden", "house window morning"];
    const { written, lines } = await added(texts, 201, 40);
    expect(lines.slice(0, 2)).toEqual(texts);
    expect(lines).toHaveLength(2 + written);
    expect(written).toBeGreaterThan(25);
    const known = new Set([
      ...texts.join(" ").split(" "),
      ...Array.from({ length: 201 }, (_, i) => wordOf(i)),
    ]);
    for (const word of lines.slice(2).join(" ").split(" "))
      expect(known.has(word), word).toBe(true);
  });

  it("takes texts at equal distances where fewer are wanted", async () => {
    const texts = Array.from({ length: 9 }, () => "river castle mouse garden window");
    const { written, lines } = await added(texts, 201, 3);
    expect(lines).toHaveLength(9 + written);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThanOrEqual(3);
  });

  it("says how many it made where no text has 3 to 24 words", async () => {
    const { written, lines, notes } = await added(["river", "castle mouse"], 201, 7);
    expect([written, lines.length]).toEqual([0, 2]);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("0 texts with exchanged words were made of the 7 of --exchange");
  });
});
