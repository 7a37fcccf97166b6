import { appendFileSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  encodeCached,
  fillCache,
  MEMORY_TEXTS,
  openEmbeddingCache,
} from "../../src/encoder/embedding-cache.js";
import type { Encoder, EncoderInfo } from "../../src/encoder/encoder.js";
import { fileStore, memoryStore } from "../../src/encoder/vector-store.js";
import { temporaryFolder } from "./model-copy.js";

/** Vector of a text: its length and its first character's code. */
const vectorOf = (text: string): number[] => [text.length, text.charCodeAt(0) || 0];

/** An encoder that counts the texts it is given. */
function counting(changes: Partial<EncoderInfo> = {}): Encoder & { readonly encoded: string[] } {
  const encoded: string[] = [];
  const info: EncoderInfo = {
    path: "",
    includePrompt: true,
    padsLeft: false,
    modules: undefined,
    modelFile: "",
    name: "counting",
    source: "folder",
    hash: "a1",
    dimension: 2,
    maxLength: 128,
    pooling: "mean",
    poolingSource: "folder",
    normalize: true,
    prompts: {},
    defaultPromptName: undefined,
    headFolded: false,
    ...changes,
  };
  const encode = async (texts: readonly string[]) => {
    encoded.push(...texts);
    return { rows: texts.length, cols: 2, data: Float32Array.from(texts.flatMap(vectorOf)) };
  };
  return {
    info,
    encoded,
    tokenize: () => [],
    encode,
    encodeWith: (_, texts) => encode(texts),
    promptTokens: () => 0,
    padId: 0,
    encodeStream: async function* (parts) {
      for await (const part of parts) yield await encode(part);
    },
    release: async () => undefined,
  };
}

const texts = ["red", "green", "red", "", "blue"];
const many = MEMORY_TEXTS + 1;

describe.each([
  ["in memory", undefined],
  ["in a file", many],
])("a cache %s", (_, count) => {
  const options = () => ({ texts: count ?? 5, folder: temporaryFolder() });

  it("encodes every text once and gives the vectors in order", async () => {
    const encoder = counting();
    const cache = openEmbeddingCache(encoder, options());
    const first = await encodeCached(encoder, texts, cache);
    expect(Array.from(first.data)).toEqual(texts.flatMap(vectorOf));
    const second = await encodeCached(encoder, ["blue", "pink"], cache);
    expect(Array.from(second.data)).toEqual(["blue", "pink"].flatMap(vectorOf));
    expect(encoder.encoded).toEqual(["red", "green", "", "blue", "pink"]);
    cache.close();
  });

  it("gathers rows in any order, also repeatedly", async () => {
    const encoder = counting();
    const cache = openEmbeddingCache(encoder, options());
    const rows = await fillCache(encoder, texts, cache);
    expect(rows[0]).toBe(rows[2]);
    const { data } = cache.gather([rows[4], rows[1], rows[4]]);
    expect(Array.from(data)).toEqual(["blue", "green", "blue"].flatMap(vectorOf));
    cache.close();
  });

  it("refuses an encoder whose vectors would be others", async () => {
    const cache = openEmbeddingCache(counting(), options());
    const others = [
      { hash: "b2" },
      { maxLength: 64 },
      { prompts: { query: "query: " }, defaultPromptName: "query" },
    ];
    for (const change of others) {
      await expect(fillCache(counting(change), texts, cache)).rejects.toThrow(/another encoder/);
    }
    await expect(fillCache(counting(), texts, cache, { prompt: "p" })).rejects.toThrow(/another/);
    cache.close();
  });

  it("keeps what was done when encoding fails", async () => {
    const encoder = counting();
    const cache = openEmbeddingCache(encoder, options());
    const first = Array.from({ length: 4096 }, (_, i) => `text ${i}`);
    const failing: Encoder = {
      ...encoder,
      encodeStream: async function* (parts) {
        for await (const part of parts) {
          if (part.length < 4096) throw new Error("interrupted");
          yield await encoder.encode(part);
        }
      },
    };
    await expect(fillCache(failing, [...first, "last"], cache)).rejects.toThrow("interrupted");
    encoder.encoded.length = 0;
    await fillCache(encoder, [...first, "last"], cache);
    expect(encoder.encoded).toEqual(["last"]);
    cache.close();
  });
});

describe("the file of a cache", () => {
  const open = (encoder: Encoder, folder: string) =>
    openEmbeddingCache(encoder, { texts: many, folder });

  it("is found again by a later run of the same encoder, and only by it", async () => {
    const folder = temporaryFolder();
    const first = counting();
    const cache = open(first, folder);
    await fillCache(first, texts, cache);
    cache.close();
    const later = counting();
    const again = open(later, folder);
    expect(Array.from((await encodeCached(later, texts, again)).data)).toEqual(
      texts.flatMap(vectorOf),
    );
    expect(later.encoded).toEqual([]);
    again.close();
    const other = counting({ hash: "b2" });
    const fresh = open(other, folder);
    await fillCache(other, texts, fresh);
    expect(other.encoded.length).toBe(4);
    fresh.close();
    expect(readdirSync(folder).length).toBe(2);
  });

  it("is not made for 20,000 texts or without a folder", () => {
    const folder = temporaryFolder();
    openEmbeddingCache(counting(), { texts: MEMORY_TEXTS, folder }).close();
    openEmbeddingCache(counting(), { texts: many }).close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ["half a vector", (folder: string) => truncateSync(join(folder, "vectors.f32"), 8 * 2 + 5), 2],
    ["half a key", (folder: string) => appendFileSync(join(folder, "keys.bin"), "half"), 3],
    [
      "a vector without its key",
      (folder: string) => appendFileSync(join(folder, "vectors.f32"), Buffer.alloc(8)),
      3,
    ],
  ])("loses nothing but %s at its end", (_, damage, left) => {
    const folder = temporaryFolder();
    const keys = ["a", "b", "c"].map((key) => key.repeat(16));
    const store = fileStore(folder, 2);
    store.append(keys, Float32Array.of(1, 2, 3, 4, 5, 6));
    store.close();
    damage(folder);
    const again = fileStore(folder, 2);
    expect(again.keys()).toEqual(keys.slice(0, left));
    again.append(["d".repeat(16)], Float32Array.of(7, 8));
    const row = new Float32Array(2);
    again.read(left, row);
    expect(Array.from(row)).toEqual([7, 8]);
    again.read(1, row);
    expect(Array.from(row)).toEqual([3, 4]);
    again.close();
    expect(statSync(join(folder, "vectors.f32")).size).toBe(8 * (left + 1));
  });

  it("that cannot be written is an error that names it", () => {
    const parent = temporaryFolder();
    appendFileSync(join(parent, "file"), "");
    const folder = join(parent, "file", "cache");
    expect(() => fileStore(folder, 2)).toThrow(
      expect.objectContaining({ name: "UserError", at: { file: join(folder, "vectors.f32") } }),
    );
  });
});

describe("a store in memory", () => {
  it("grows", () => {
    const store = memoryStore(1);
    for (let i = 0; i < 100; i++) store.append([`${i}`.padStart(16, "0")], Float32Array.of(i));
    const row = new Float32Array(1);
    store.read(63, row);
    expect(row[0]).toBe(63);
    expect(store.keys().length).toBe(100);
  });
});
