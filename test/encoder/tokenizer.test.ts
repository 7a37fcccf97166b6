import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadTokenizer } from "../../src/encoder/tokenizer.js";
import golden from "../fixtures/tokenizers/golden.json" with { type: "json" };
import { bundledFolder } from "../support/bundled.js";

const fixtures = "test/fixtures/tokenizers";
const folders: Record<string, string> = {
  bert: "test/fixtures/encoders/bert-torchscript-14",
  roberta: `${fixtures}/roberta`,
  "xlm-roberta": `${fixtures}/xlm-roberta`,
  mpnet: `${fixtures}/mpnet`,
};
const cases = Object.entries(golden.ids).flatMap(([name, byLength]) =>
  Object.entries(byLength).map(([length, ids]) => ({ name, length: Number(length), ids })),
);

describe("ids equal those of Hugging Face tokenizers", () => {
  it.each(cases)("$name, at most $length", async ({ name, length, ids }) => {
    const tokenizer = await loadTokenizer(folders[name]);
    golden.texts.forEach((text, i) => {
      expect(Array.from(tokenizer.encode(text, length)), JSON.stringify(text)).toEqual(ids[i]);
    });
  });
});

describe("truncation", () => {
  it("keeps the special tokens around what is left", async () => {
    const tokenizer = await loadTokenizer(bundledFolder);
    const [cls, sep] = tokenizer.encode("", 8);
    const ids = tokenizer.encode("one two three four five six seven eight nine ten", 8);
    expect(tokenizer.specialTokens).toBe(2);
    expect(ids.length).toBe(8);
    expect([ids[0], ids[7]]).toEqual([cls, sep]);
    expect(tokenizer.encode("one two three", 8).length).toBe(5);
  });

  it("cuts the start where the tokenizer says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "embtune-tokenizer-"));
    for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
      const content = JSON.parse(readFileSync(join(bundledFolder, name), "utf8"));
      const changed = name === "tokenizer_config.json" ? { truncation_side: "left" } : {};
      writeFileSync(join(folder, name), JSON.stringify({ ...content, ...changed }));
    }
    const left = await loadTokenizer(folder);
    const whole = Array.from(left.encode("one two three four five", 64));
    expect(Array.from(left.encode("one two three four five", 5))).toEqual([
      whole[0],
      ...whole.slice(-4),
    ]);
  });

  it("does not read a book to encode its first page", async () => {
    const tokenizer = await loadTokenizer(bundledFolder);
    const page = "Once upon a time, in a far-away harbour, there lived a clockmaker. ".repeat(100);
    const book = page.repeat(100);
    const started = performance.now();
    const ids = tokenizer.encode(book, 128);
    const took = performance.now() - started;
    const once = performance.now();
    expect(ids).toEqual(tokenizer.encode(page, 128));
    expect(took).toBeLessThan(20 * (performance.now() - once) + 20);
  });
});

describe("special texts", () => {
  it("lower-cases where sentence_bert_config.json asks for it", async () => {
    const plain = await loadTokenizer(folders.roberta);
    const lower = await loadTokenizer(folders.roberta, { lowerCase: true });
    expect(lower.encode("FRESH Bread", 16)).toEqual(plain.encode("fresh bread", 16));
    expect(plain.encode("FRESH Bread", 16)).not.toEqual(plain.encode("fresh bread", 16));
  });

  it("reports the padding token of each kind", async () => {
    const pads = await Promise.all(Object.values(folders).map((folder) => loadTokenizer(folder)));
    expect(pads.map(({ padId }) => padId)).toEqual([0, 1, 1, 1]);
  });
});

describe("bad folders", () => {
  it("names the missing tokenizer.json", async () => {
    const folder = mkdtempSync(join(tmpdir(), "embtune-tokenizer-"));
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: "no-tokenizer",
      exitCode: 1,
      message: expect.stringContaining(folder),
      hint: expect.stringContaining("save_pretrained"),
    });
  });

  it.each([
    ["{ not json", "bad-json"],
    ["[]", "bad-json"],
    ['{"version": "1.0"}', "bad-tokenizer"],
  ])("refuses %s", async (content, code) => {
    const folder = mkdtempSync(join(tmpdir(), "embtune-tokenizer-"));
    writeFileSync(join(folder, "tokenizer.json"), content);
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code,
      at: { file: join(folder, "tokenizer.json") },
    });
  });
});

const large = "../shared/models/all-MiniLM-L6-v2";
describe.skipIf(!existsSync(large))("all-MiniLM-L6-v2 (needs ../shared/models)", () => {
  it("is not cut at the 128 tokens that its tokenizer.json names, nor padded", async () => {
    const tokenizer = await loadTokenizer(large);
    expect(tokenizer.encode("word ".repeat(300), 256).length).toBe(256);
    expect(tokenizer.encode("word", 256).length).toBe(3);
  });
});
