import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openExported } from "../../src/export/exported-vectors.js";
import { exportModel } from "../../src/jobs/export.js";
import { elementType } from "../../src/onnx/element-type.js";
import { decode, type ModelProto } from "../../src/onnx/model.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { distance, inFolder, options, texts, updates } from "../support/encoder-run.js";
import { train } from "../support/train.js";

const fixture = (name: string): string => join("test/fixtures/encoders", name);
const onnx = (folder: string): string => join(folder, "onnx", "model.onnx");
const read = (folder: string): ModelProto => decode(readFileSync(onnx(folder)));

/** Element types of the weights, and where they are, of a model. */
function storage(model: ModelProto): { types: Set<number>; external: number; bytes: number } {
  const weights = model.graph!.initializer.filter(({ dims }) => dims.length > 0);
  const floats = [elementType("float32"), elementType("float16")];
  return {
    types: new Set(weights.map(({ dataType }) => dataType).filter((type) => floats.includes(type))),
    external: weights.filter(({ externalData }) => externalData.length > 0).length,
    bytes: weights.reduce((sum, { rawData }) => sum + rawData.length, 0),
  };
}

/** As transformers.js embeds with a folder. */
async function transformersJs(
  folder: string,
  dtype: "fp32" | "fp16",
  pooling: "mean" | "cls" = "mean",
): Promise<Float32Array> {
  const pipeline = await openExported(folder, { dtype, pooling, normalize: true });
  const { data } = await pipeline.embed(texts);
  await pipeline.release();
  return data;
}

/** Each row divided by its norm. */
function unit(vectors: Float32Array): Float32Array {
  const width = vectors.length / texts.length;
  return vectors.map((x, i) => {
    const start = i - (i % width);
    return x / Math.hypot(...vectors.subarray(start, start + width));
  });
}

const sources = [
  "bert-float16-torchscript-17",
  "bert-float16-converted-torchscript-14",
  "bert-external-data-torchscript-14",
] as const;
const modes: [string, Partial<TrainOptions>][] = [
  ["full", { tune: "full" }],
  ["lora", { tune: "lora", loraRank: 2 }],
  ["last:1 with a head", { tune: "last:1", head: "mlp" }],
];
const cases = sources.flatMap((source) =>
  modes.map(([mode, changes]) => ({ source, mode, changes })),
);

describe("a tuned model whose source is in half precision or has its weights in another file", () => {
  it("starts from such a source", () => {
    const kinds = sources.map((source) => storage(read(fixture(source))));
    expect(kinds[0].types).toEqual(new Set([elementType("float16")]));
    expect(kinds[1].types).toEqual(new Set([elementType("float16")]));
    expect(kinds[2].external).toBeGreaterThan(4);
  });

  it.each(cases)("gives training's vectors in transformers.js: $source, $mode", async (one) => {
    const { source, mode, changes } = one;
    const target = inFolder(`model ${source} ${mode}`);
    const { vectors } = await updates(
      { model: fixture(source), maxLength: 32, ...changes },
      [1, 1],
      {
        write: target,
        learningRate: 0.01,
      },
    );
    const got = await transformersJs(target, "fp32");
    expect(distance(got, unit(vectors))).toBeLessThan(1e-5);
    const base = await updates({ model: fixture(source), maxLength: 32, ...changes }, []);
    expect(distance(unit(vectors), unit(base.vectors))).toBeGreaterThan(1e-3);

    const { types, external, bytes } = storage(read(target));
    expect([types, external]).toEqual([new Set([elementType("float32")]), 0]);
    expect(readdirSync(join(target, "onnx"))).toEqual(["model.onnx"]);
    expect(statSync(onnx(target)).size).toBeGreaterThan(bytes);
  });

  it("is exported in float32 and in half precision from its run, whatever the source's config.json says", async () => {
    const source = inFolder("half with data files");
    cpSync(fixture("bert-float16-torchscript-17"), source, { recursive: true });
    const config = join(source, "config.json");
    const storedAs = {
      torch_dtype: "float16",
      dtype: "float16",
      "transformers.js_config": { dtype: "fp16", use_external_data_format: { "model.onnx": 1 } },
    };
    const before = JSON.parse(readFileSync(config, "utf8")) as object;
    writeFileSync(config, JSON.stringify({ ...before, ...storedAs }));
    const run = options({ model: source, tune: "full", lr: 0.01, maxLength: 32 });
    await train(run);
    const to = inFolder("exported");
    const report = await exportModel({
      ...{ model: run.out, to, format: "both", dtype: "fp16", verify: true },
    });
    expect(report.verification?.passed).toBe(true);
    expect(report.onnx).toEqual(["onnx/model.onnx", "onnx/model_fp16.onnx"]);
    expect(readdirSync(join(to, "onnx")).sort()).toEqual(["model.onnx", "model_fp16.onnx"]);
    const [fp32, fp16] = report.onnx.map((name) => storage(decode(readFileSync(join(to, name)))));
    expect(fp32.types).toEqual(new Set([elementType("float32")]));
    expect(fp16.types).toEqual(new Set([elementType("float16")]));
    expect(fp16.bytes / fp32.bytes).toBeCloseTo(0.5, 1);
    const [full, half] = [await transformersJs(to, "fp32"), await transformersJs(to, "fp16")];
    expect(distance(half, full)).toBeLessThan(1e-2);
    expect(distance(half, full)).toBeGreaterThan(0);
    const [own, other] = ["config.json", "sentence-transformers/config.json"].map(
      (name) => JSON.parse(readFileSync(join(to, name), "utf8")) as Record<string, unknown>,
    );
    for (const written of [own, other]) {
      expect(written.torch_dtype).toBe("float32");
      expect(written).not.toHaveProperty("dtype");
    }
    // Without a q8 file, which a browser asks for where nothing else is said.
    expect(own["transformers.js_config"]).toEqual({ dtype: "fp32" });
    expect(other).not.toHaveProperty("transformers.js_config");
    expect(existsSync(join(to, "sentence-transformers", "model.safetensors"))).toBe(true);
  });
});
