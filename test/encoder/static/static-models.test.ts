import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEncoder } from "../../../src/encoder/load.js";
import { openExported } from "../../../src/export/exported-vectors.js";
import { storedTensors } from "../../../src/files/safetensors-file.js";
import { writeTensors } from "../../../src/files/tensor-file.js";
import { exportModel } from "../../../src/jobs/export.js";
import { float32, int64, sizeOf, type Tensor } from "../../../src/math/tensor.js";
import { openRuntime, type Runtime } from "../../../src/runtime/runtime.js";
import { hasSharedEncoders, sharedEncoder } from "../../support/shared-encoders.js";

const FOLDER = "test/fixtures/static";

interface Reference {
  readonly texts: string[];
  readonly vectors: number[][];
}

const referenceOf = (name: string): Reference =>
  JSON.parse(readFileSync(join(FOLDER, name, "reference.json"), "utf8"));

describe("static models", () => {
  let runtime: Runtime;
  beforeAll(async () => {
    runtime = await openRuntime({ threads: 1 });
  });
  afterAll(() => runtime.close());

  // Tables of float32 and float16, mappings and weights of tokens, new and old class paths, a text without tokens.
  it.each(["present", "classic", "model2vec"])(
    "%s has sentence-transformers' vectors",
    async (name) => {
      const { texts, vectors } = referenceOf(name);
      const encoder = await loadEncoder({ model: join(FOLDER, name), runtime });
      const { data, cols } = await encoder.encode(texts);
      await encoder.release();
      expect(encoder.info).toMatchObject({
        isStatic: true,
        pooling: "mean",
        poolingSource: "folder",
      });
      const expected = vectors.flat();
      expect(cols).toBe(vectors[0].length);
      expect(Math.max(...expected.map((x, i) => Math.abs(x - data[i])))).toBeLessThan(1e-6);
    },
  );

  it.skipIf(!hasSharedEncoders)(
    "reads the table of a bag in ONNX, as model2vec exports it",
    async () => {
      const encoder = await loadEncoder({ model: sharedEncoder("x-potion"), runtime });
      const { data } = await encoder.encode(["a cat", "the dog runs"]);
      const ids = encoder.tokenize(["a cat", "the dog runs"]);
      await encoder.release();
      const bag = await runtime.createSession({
        path: join(sharedEncoder("x-potion"), "onnx/model.onnx"),
      });
      const all = BigInt64Array.from(ids.flatMap((row) => [...row].map(BigInt)));
      const { embeddings } = await bag.run({
        input_ids: { dtype: "int64", shape: [all.length], data: all },
        offsets: { dtype: "int64", shape: [2], data: BigInt64Array.of(0n, BigInt(ids[0].length)) },
      });
      await bag.release();
      const own = embeddings.data as Float32Array;
      expect(Math.max(...own.map((x, i) => Math.abs(x - data[i])))).toBeLessThan(1e-6);
    },
  );

  /** A copy of a fixture with these changes. */
  async function copyOf(name: string, change: (folder: string) => unknown): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), "embtune static "));
    cpSync(join(FOLDER, name), folder, { recursive: true });
    await change(folder);
    return folder;
  }

  const tensors = (map: Record<string, Tensor>) => (folder: string) =>
    writeTensors(join(folder, "model.safetensors"), new Map(Object.entries(map)));
  const table = float32([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));

  it.each([
    ["another tensor", { other: table }, "missing-tensor"],
    ["a vector", { embeddings: float32([2], Float32Array.of(1, 2)) }, "wrong-shape"],
    ["whole numbers", { embeddings: int64([2, 1], [1, 2]) }, "weight-type"],
    ["a row that is not there", { embeddings: table, mapping: int64([2], [0, 3]) }, "bad-mapping"],
    [
      "rows in float",
      { embeddings: table, mapping: float32([1], Float32Array.of(0)) },
      "bad-mapping",
    ],
    [
      "too few weights",
      { embeddings: table, weights: float32([1], Float32Array.of(1)) },
      "wrong-shape",
    ],
  ])("refuses %s in the place of a table", async (_, map, code) => {
    const model = await copyOf("model2vec", tensors(map));
    await expect(loadEncoder({ model, runtime })).rejects.toMatchObject({
      code,
      at: { file: join(model, "model.safetensors") },
    });
  });

  it("is known by config.json alone, which says whether vectors have length 1", async () => {
    const lengths: number[] = [];
    for (const normalize of [true, false]) {
      const model = await copyOf("model2vec", (folder) => {
        rmSync(join(folder, "modules.json"));
        writeFileSync(
          join(folder, "config.json"),
          JSON.stringify({ model_type: "model2vec", normalize }),
        );
      });
      const encoder = await loadEncoder({ model, runtime });
      const { data } = await encoder.encode(["the cat"]);
      lengths.push(Math.hypot(...data));
      await encoder.release();
    }
    expect(lengths[0]).toBeCloseTo(1, 6);
    expect(Math.abs(lengths[1] - 1)).toBeGreaterThan(0.01);
  });

  it("names a token that its table has no row for", async () => {
    const model = await copyOf("model2vec", tensors({ embeddings: table }));
    const encoder = await loadEncoder({ model, runtime });
    await expect(encoder.encode(["the cat"])).rejects.toMatchObject({
      code: "token-beyond-table",
      message: expect.stringContaining("has 3 rows"),
    });
    await encoder.release();
  });

  it("pools as static models do and no other way", async () => {
    const model = join(FOLDER, "present");
    await expect(loadEncoder({ model, runtime, pooling: "cls" })).rejects.toMatchObject({
      code: "static-pooling",
    });
  });

  it.each(["present", "classic", "model2vec"])(
    "%s is exported in both forms and read back",
    async (name) => {
      const to = join(mkdtempSync(join(tmpdir(), "embtune static ")), "model");
      const report = await exportModel({
        model: join(FOLDER, name),
        to,
        format: "both",
        verify: true,
      });
      expect(report.verification).toMatchObject({ passed: true });
      const { texts, vectors } = referenceOf(name);
      for (const model of [to, join(to, "sentence-transformers")]) {
        const encoder = await loadEncoder({ model, runtime });
        const { data } = await encoder.encode(texts);
        expect(encoder.info.isStatic).toBe(true);
        await encoder.release();
        // What a text without tokens gets from modules behind the mean is not in the ONNX form.
        const known = name === "classic" && model === to ? texts.indexOf("") : -1;
        const { length: width } = vectors[0];
        const differences = vectors.flatMap((row, i) =>
          i === known ? [] : row.map((x, k) => Math.abs(x - data[i * width + k])),
        );
        expect(Math.max(...differences)).toBeLessThan(1e-6);
      }
      const written = storedTensors(join(to, "sentence-transformers/model.safetensors"));
      expect([...written.keys()]).toEqual(["embeddings"]);
    },
  );

  it("gives a text of unknown tokens alone the vector 0, and passes the verification of its export", async () => {
    const model = await copyOf("model2vec", (folder) => {
      const { vocab } = JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")).model;
      const shape = [Object.keys(vocab).length, 4];
      // The special tokens are the first five.
      const rows = new Float32Array(sizeOf(shape)).map((_, i) => (i < 20 ? 0 : Math.sin(i)));
      return tensors({ embeddings: float32(shape, rows) })(folder);
    });
    const to = join(mkdtempSync(join(tmpdir(), "embtune static ")), "model");
    const report = await exportModel({ model, to, format: "both", dtype: "fp16", verify: true });
    expect(report.verification).toMatchObject({ passed: true, zero: expect.any(Number) });
    expect(report.verification!.zero).toBeGreaterThan(5);
    expect(report.loss[0].meanCosine).toBeGreaterThan(0.999);
    const pipeline = await openExported(to, { dtype: "fp32", pooling: "mean", normalize: true });
    const { data, cols } = await pipeline.embed(["…", "the cat"]);
    await pipeline.release();
    expect(data.subarray(0, cols).every((x) => x === 0)).toBe(true);
    expect(Math.hypot(...data.subarray(cols))).toBeCloseTo(1, 6);
  });
});
