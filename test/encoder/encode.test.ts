import { describe, expect, it } from "vitest";
import { batchesByLength, batchFeeds } from "../../src/encoder/batching.js";
import { type EncodingModel, encodeStream, encodeTexts } from "../../src/encoder/encode.js";
import { resolveMaxLength } from "../../src/encoder/max-length.js";
import { InterruptedError } from "../../src/errors/interrupted.js";
import { float32, type Tensor } from "../../src/math/tensor.js";

interface Recorded extends EncodingModel {
  /** Shapes [rows, length] of the batches that were run. */
  readonly batches: (readonly number[])[];
  readonly running: { now: number; most: number };
}

/** A model whose tokens are characters and whose vector is (number of tokens, sum of their codes). */
function counting(changes: Partial<EncodingModel> = {}): Recorded {
  const batches: (readonly number[])[] = [];
  const running = { now: 0, most: 0 };
  const run = async (feeds: Record<string, Tensor>): Promise<Tensor> => {
    const [rows = 0, length = 0] = feeds.input_ids.shape;
    batches.push([rows, length]);
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    running.now -= 1;
    const vectors = new Float32Array(rows * 2);
    for (let i = 0; i < rows * length; i++) {
      const mask = Number(feeds.attention_mask.data[i]);
      const row = Math.floor(i / length);
      vectors[2 * row] += mask;
      vectors[2 * row + 1] += mask * Number(feeds.input_ids.data[i]);
    }
    return float32([rows, 2], vectors);
  };
  const tokenizer = {
    padId: 7,
    modelMaxLength: 512,
    specialTokens: 0,
    padsLeft: false,
    encode: (text: string, most: number) =>
      Int32Array.from(text.slice(0, most), (character) => character.charCodeAt(0)),
    promptLength: (prompt: string) => prompt.length,
  };
  const inputs = ["input_ids", "attention_mask"];
  const settings = {
    ...{ maxLength: 512, dimension: 2, normalize: false, defaultPrompt: "" },
    promptTokens: () => 0,
  };
  return { run, tokenizer, inputs, ...settings, ...changes, batches, running };
}

const expected = (text: string): number[] => [
  text.length,
  [...text].reduce((sum, character) => sum + character.charCodeAt(0), 0),
];
const words = Array.from({ length: 3000 }, (_, i) => "abc".repeat(1 + ((i * 37) % 60)) + i);

describe("encodeTexts", () => {
  it("returns rows in the order of the texts", async () => {
    const { data, rows, cols } = await encodeTexts(counting(), words);
    expect([rows, cols]).toEqual([3000, 2]);
    expect(Array.from(data)).toEqual(words.flatMap(expected));
  });

  it("encodes equal texts once", async () => {
    const model = counting();
    const { data } = await encodeTexts(model, ["ab", "c", "ab", "ab"]);
    expect(Array.from(data)).toEqual(["ab", "c", "ab", "ab"].flatMap(expected));
    expect(model.batches).toEqual([[2, 2]]);
  });

  it("keeps batches within 2,048 tokens, longest first, with little padding", async () => {
    const model = counting();
    await encodeTexts(model, words);
    const sizes = model.batches.map(([rows = 0, length = 0]) => rows * length);
    const tokens = words.reduce((sum, text) => sum + text.length, 0);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2048);
    expect(model.batches[0][1]).toBe(Math.max(...words.map(({ length }) => length)));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1.03 * tokens);
    expect(sizes.length).toBeLessThan(1.1 * (tokens / 2048));
  });

  it("takes no more texts than batchSize", async () => {
    const model = counting();
    const { data } = await encodeTexts(model, words.slice(0, 50), { batchSize: 8 });
    expect(Math.max(...model.batches.map(([rows = 0]) => rows))).toBe(8);
    expect(Array.from(data)).toEqual(words.slice(0, 50).flatMap(expected));
  });

  it("never has more than two batches under way", async () => {
    const model = counting();
    await encodeTexts(model, words);
    expect(model.running.most).toBe(2);
  });

  it("puts the prompt first and divides by the norm where asked to", async () => {
    const model = counting({ defaultPrompt: "q:", normalize: true });
    const { data } = await encodeTexts(model, ["x"]);
    const [count = 0, sum = 0] = expected("q:x");
    const norm = Math.hypot(count, sum);
    expect(data[0]).toBeCloseTo(count / norm, 6);
    expect(data[1]).toBeCloseTo(sum / norm, 6);
    expect(await encodeTexts(model, ["x"], { prompt: "" })).not.toEqual({ rows: 1, cols: 2, data });
  });

  it("gives an empty matrix for no texts", async () => {
    const model = counting();
    expect(await encodeTexts(model, [])).toEqual({ rows: 0, cols: 2, data: new Float32Array(0) });
    expect(model.batches).toEqual([]);
  });

  it("reports progress up to all texts, duplicates included", async () => {
    const seen: number[] = [];
    await encodeTexts(counting(), [...words, ...words], { onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(6000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it("stops between batches when interrupted", async () => {
    const model = counting();
    const controller = new AbortController();
    const work = encodeTexts(model, words, {
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(work).rejects.toBeInstanceOf(InterruptedError);
    expect(model.batches.length).toBeLessThan(10);
    expect(model.running.now).toBe(0);
  });

  it("passes on a failure of the runtime once nothing is under way", async () => {
    let runs = 0;
    const failing: EncodingModel = {
      ...counting(),
      run: async () => {
        runs += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw new Error("out of memory");
      },
    };
    await expect(encodeTexts(failing, words)).rejects.toThrow("out of memory");
    expect(runs).toBe(2);
  });

  it("refuses vectors that are not finite and names the text", async () => {
    const broken: EncodingModel = {
      ...counting(),
      run: async () => float32([1, 2], [1, Number.NaN]),
    };
    await expect(encodeTexts(broken, ["a text"])).rejects.toMatchObject({
      code: "non-finite-vector",
      message: expect.stringContaining('"a text"'),
    });
  });
});

describe("encodeStream", () => {
  it("gives a matrix for each part, in order", async () => {
    const parts = [words.slice(0, 1000), [], words.slice(1000)];
    const seen: number[] = [];
    const data: number[] = [];
    const stream = encodeStream(counting(), parts, { onProgress: (done) => seen.push(done) });
    for await (const part of stream) data.push(...part.data);
    expect(data).toEqual(words.flatMap(expected));
    expect(seen.at(-1)).toBe(3000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it("reads no further than one part ahead", async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<string[]> {
      for (;;) {
        read += 1;
        yield [`part ${read}`];
      }
    }
    const readAt: number[] = [];
    for await (const _ of encodeStream(counting(), endless())) {
      readAt.push(read);
      if (readAt.length === 3) break;
    }
    expect(readAt).toEqual([2, 3, 4]);
  });
});

describe("batches", () => {
  it("hold one text at least, however long", () => {
    const ids = (length: number, index: number) => ({ index, ids: new Int32Array(length) });
    const batches = batchesByLength([ids(3, 0), ids(50, 1), ids(4, 2)], { tokens: 8, texts: 9 });
    expect(batches.map((batch) => batch.map(({ index }) => index))).toEqual([[1], [2, 0]]);
  });

  it("are padded with the tokenizer's id at the end, masked there", () => {
    const batch = [
      { index: 0, ids: Int32Array.of(5, 6, 8) },
      { index: 1, ids: Int32Array.of(9) },
    ];
    const feeds = batchFeeds(batch, 1, ["input_ids", "attention_mask", "token_type_ids"]);
    expect(feeds.input_ids).toEqual({
      dtype: "int64",
      shape: [2, 3],
      data: BigInt64Array.of(5n, 6n, 8n, 9n, 1n, 1n),
    });
    expect(feeds.attention_mask.data).toEqual(BigInt64Array.of(1n, 1n, 1n, 1n, 0n, 0n));
    expect(feeds.token_type_ids.data).toEqual(new BigInt64Array(6));
    expect(Object.keys(batchFeeds(batch, 1, ["input_ids", "attention_mask"])).length).toBe(2);
  });
});

describe("resolveMaxLength", () => {
  const base = { tokenizer: 1e30, specialTokens: 2 };
  it.each([-1, 0, 0.5, 2, Number.NaN])("refuses %d from the folder's files, by field", (length) => {
    const sources = { tokenizer: Number.POSITIVE_INFINITY, specialTokens: 2 };
    expect(() => resolveMaxLength({ ...sources, folder: length })).toThrow("max_seq_length");
    expect(() => resolveMaxLength({ ...sources, tokenizer: length })).toThrow("model_max_length");
  });

  it.each([
    ["the folder's", { folder: 256, positions: 512 }, 256],
    ["the tokenizer's", { tokenizer: 128, positions: 512 }, 128],
    ["512 at most", { positions: 8192 }, 512],
    ["the model's positions at most", { folder: 512, positions: 130 }, 130],
    ["what was requested, even above 512", { requested: 1024, folder: 256, positions: 8192 }, 1024],
    ["what was requested of a model without a table", { requested: 5000 }, 5000],
  ])("takes %s", (_, sources, length) => {
    expect(resolveMaxLength({ ...base, ...sources })).toBe(length);
  });

  it.each([513, 2, 0, -1, 12.5, Number.NaN])(
    "refuses %d for a model of 512 positions",
    (requested) => {
      expect(() => resolveMaxLength({ ...base, requested, positions: 512 })).toThrow(
        /--max-length must be a whole number from 3 to 512 .*got/,
      );
    },
  );
});
