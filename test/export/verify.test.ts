import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pairedCosine } from "../../src/evaluation/cosine.js";
import type { Evaluator } from "../../src/evaluation/metric.js";
import { writeModelFolder } from "../../src/export/model-folder.js";
import type { ModelSource } from "../../src/export/model-source.js";
import { measurePrecisionLoss } from "../../src/export/precision/precision-loss.js";
import { type OwnVectors, ownVectors, verifyFolder } from "../../src/export/verify.js";
import { decode, encode, replaceInitializers } from "../../src/onnx/model.js";
import { toTensor } from "../../src/onnx/tensor-proto.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import { inFolder } from "../support/encoder-run.js";
import { largestDifference, lastStep, tinyRun } from "./tiny-run.js";

let runtime: Runtime;
let source: ModelSource;
let own: OwnVectors;
const folder = inFolder("verified");
const asWritten = { pooling: "mean", normalize: true } as const;

beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
  source = await lastStep(await tinyRun({ head: "linear", headDim: 6 }), runtime);
  own = await ownVectors(source);
  await writeModelFolder(folder, source.content, {
    further: { precisions: ["fp16"], calibrate: () => Promise.reject(new Error("not for halves")) },
  });
});
afterAll(async () => {
  await source.release();
  await runtime.close();
});

describe("verifyFolder", () => {
  it("passes a folder that gives the run's vectors in transformers.js", async () => {
    const found = await verifyFolder(folder, own, asWritten);
    expect(found.passed).toBe(true);
    expect(found.largestDifference).toBeLessThanOrEqual(found.tolerance);
    expect(found.texts + found.cut.texts).toBe(own.texts.length);
  });

  it("counts texts apart of which something is cut: they differ whatever the folder holds", async () => {
    const cut = own.fits.filter((fits) => !fits).length;
    const found = await verifyFolder(folder, own, asWritten);
    expect(cut).toBeGreaterThan(0);
    expect(found.cut.texts).toBe(cut);
    expect(found.cut.largestDifference).toBeGreaterThan(found.largestDifference);
  });

  it("fails a folder with a weight that is slightly wrong", async () => {
    const other = inFolder("slightly wrong");
    cpSync(folder, other, { recursive: true });
    const path = join(other, "onnx", "model.onnx");
    const model = decode(readFileSync(path));
    const weight = model.graph!.initializer.find(({ name }) => name.startsWith("embtune/head"))!;
    const tensor = toTensor(weight);
    const data = (tensor.data as Float32Array).map((x, i) => (i === 0 ? x + 0.01 : x));
    writeFileSync(
      path,
      encode(replaceInitializers(model, new Map([[weight.name, { ...tensor, data }]]))),
    );
    const found = await verifyFolder(other, own, asWritten);
    expect(found.passed).toBe(false);
    expect(found.largestDifference).toBeGreaterThan(1e-4);
  });

  it("fails vectors of another size, or none, whatever their numbers", async () => {
    const { vectors } = own;
    const narrow = { ...vectors, cols: 3, data: vectors.data.slice(0, 3 * vectors.rows) };
    const empty = { ...vectors, data: vectors.data.map(() => Number.NaN) };
    for (const wrong of [narrow, empty]) {
      const found = await verifyFolder(folder, { ...own, vectors: wrong }, asWritten);
      expect([found.passed, found.largestDifference]).toEqual([false, Number.POSITIVE_INFINITY]);
    }
  });
});

describe("measurePrecisionLoss", () => {
  /** Scores a model by the first number of a text's vector. */
  const evaluator = {
    ...{ task: "sts", sides: "alike", primary: "first", keys: ["first"], rows: 1 },
    embeds: { own: 1, trained: 0 },
    run: async (embed) => {
      const { data } = await embed(["a red car"], "query");
      return { task: "sts", rows: 1, metrics: [{ key: "first", value: data[0] }] };
    },
  } satisfies Evaluator;

  it("is small but not nothing for half precision, in cosine, difference and score", async () => {
    const [loss, ...others] = await measurePrecisionLoss(folder, ["fp16"], {
      ...asWritten,
      evaluator,
    });
    expect(others).toEqual([]);
    expect(loss).toMatchObject({ dtype: "fp16", texts: 200 });
    expect(loss.largestDifference).toBeGreaterThan(0);
    expect(loss.largestDifference).toBeLessThan(0.05);
    expect(loss.smallestCosine).toBeLessThanOrEqual(loss.meanCosine);
    expect(loss.meanCosine).toBeLessThanOrEqual(1 + 1e-6);
    expect(loss.smallestCosine).toBeGreaterThan(0.99);
    const { key, fp32, value } = loss.metric!;
    expect([key, Math.abs(fp32 - value) <= loss.largestDifference + 0.01]).toEqual(["first", true]);
    expect(fp32).not.toBe(0);
  });

  it("has no score without data, and nothing to say where no precision is asked for", async () => {
    expect(await measurePrecisionLoss(folder, [], asWritten)).toEqual([]);
    const [loss] = await measurePrecisionLoss(folder, ["fp16"], asWritten);
    expect(loss.metric).toBeUndefined();
  });
});

describe("ownVectors", () => {
  it("are the run's, of texts of which it says rightly whether they fit", async () => {
    expect(largestDifference(await source.embed(own.texts), own.vectors)).toBe(0);
    const [first] = pairedCosine(own.vectors, own.vectors);
    expect(first).toBeCloseTo(1, 6);
    expect(own.fits[own.texts.indexOf("a")]).toBe(true);
    const longest = own.texts.reduce((a, b) => (a.split(" ").length > b.split(" ").length ? a : b));
    expect(own.fits[own.texts.indexOf(longest)]).toBe(false);
  });
});
