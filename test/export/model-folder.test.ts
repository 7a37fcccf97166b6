import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headParameters, headSpec } from "../../src/encoder/head.js";
import { loadEncoder } from "../../src/encoder/load.js";
import { modelFolderOf } from "../../src/export/checkpoint-model.js";
import type { ModelContent } from "../../src/export/model-content.js";
import { writeModelFolder } from "../../src/export/model-folder.js";
import { type ModelSource, openModelSource } from "../../src/export/model-source.js";
import { weightProducts } from "../../src/export/precision/weight-products.js";
import { createRandom } from "../../src/math/random.js";
import { float32, type Matrix } from "../../src/math/tensor.js";
import { elementType } from "../../src/onnx/element-type.js";
import { decode, type ModelProto } from "../../src/onnx/model.js";
import { openRuntime, type Runtime } from "../../src/runtime/runtime.js";
import type { TrainOptions } from "../../src/training/options/settings.js";
import { inFolder } from "../support/encoder-run.js";
import {
  largestDifference,
  lastStep,
  someTexts,
  tinyEncoder,
  tinyRun,
  vectorsOf,
} from "./tiny-run.js";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"));

describe.each<[string, Partial<TrainOptions>, number]>([
  ["a smaller linear head", { head: "linear", headDim: 5 }, 5],
  ["a smaller MLP head", { head: "mlp", headDim: 6, headHidden: 9 }, 6],
  ["a tuned encoder and an MLP head", { tune: "last:1", head: "mlp" }, 16],
  ["merged adapters", { tune: "lora", loraRank: 2 }, 16],
])("a model folder of a run with %s", (name, changes, dimension) => {
  let run: string;
  let source: ModelSource;
  let wanted: Matrix;
  const folder = inFolder(`folder of ${name}`);

  beforeAll(async () => {
    run = await tinyRun(changes);
    source = await lastStep(run, runtime);
    wanted = await source.embed(someTexts);
    await writeModelFolder(folder, source.content);
  });
  afterAll(() => source.release());

  it("gives the vectors of the run, which are not those of the base", async () => {
    expect(wanted).toMatchObject({ rows: someTexts.length, cols: dimension });
    expect(largestDifference(await vectorsOf(folder, runtime), wanted)).toBeLessThan(1e-5);
    if (dimension < 16) return;
    const base = await vectorsOf(source.content.encoder.path, runtime);
    expect(largestDifference(base, wanted)).toBeGreaterThan(1e-3);
  });

  it("gives them by any pooling where the embedding stands at every token", async () => {
    const target = inFolder(`broadcast of ${name}`);
    await writeModelFolder(target, source.content, { broadcast: true });
    for (const pooling of ["mean", "cls", "last"]) {
      const encoder = await loadEncoder({ model: target, runtime, pooling });
      const vectors = await encoder.encode(someTexts, { prompt: "" });
      await encoder.release();
      expect(largestDifference(vectors, wanted)).toBeLessThan(1e-5);
    }
    expect(existsSync(join(target, "special_tokens_map.json"))).toBe(true);
  });

  it("tells readers its size, pooling and length, and never a Dense to apply again", () => {
    const kinds = json(folder, "modules.json").map(({ type }: { type: string }) => type);
    expect(kinds.map((type: string) => type.split(".").at(-1))).toEqual([
      "Transformer",
      "Pooling",
      "Normalize",
    ]);
    expect(json(folder, "1_Pooling", "config.json")).toMatchObject({
      word_embedding_dimension: dimension,
      pooling_mode_mean_tokens: true,
      pooling_mode_cls_token: false,
    });
    expect(json(folder, "sentence_bert_config.json").max_seq_length).toBe(32);
    expect(json(folder, "tokenizer_config.json").model_max_length).toBe(32);
    const folded = changes.tune === "lora" ? undefined : "folded";
    expect(json(folder, "config.json").head).toBe(folded);
    expect(json(folder, "config.json").torch_dtype).toBe("float32");
  });

  it("is what RUN:step stands for, written once", async () => {
    const first = await modelFolderOf(`${run}:3`, runtime);
    expect(largestDifference(await vectorsOf(first!, runtime), wanted)).toBeLessThan(1e-5);
    expect(await modelFolderOf(`${run}:3`, runtime)).toBe(first);
    expect(first!.startsWith(run)).toBe(true);
    expect(await modelFolderOf(run, runtime)).toBe(run);
    expect(await modelFolderOf(undefined, runtime)).toBeUndefined();
  });
});

/** A tiny encoder as content of a folder, with these changes to what is known of it. */
async function tinyContent(changes: Partial<ModelContent["encoder"]> = {}): Promise<ModelContent> {
  const source = await openModelSource(tinyEncoder("bert-torchscript-11"), runtime);
  await source.release();
  return { encoder: { ...source.content.encoder, ...changes } };
}

/** A head with random weights. */
function randomHead(kind: "linear" | "mlp"): NonNullable<ModelContent["head"]> {
  const random = createRandom(8);
  const spec = headSpec(16, { kind });
  const parameters = headParameters(spec).map(({ name, shape }) => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return [
      name,
      float32(
        shape,
        Array.from({ length: size }, () => random.normal()),
      ),
    ] as const;
  });
  return { spec, parameters: new Map(parameters) };
}

describe("a run on a model with a head folded in", () => {
  it.each(["linear", "mlp"] as const)(
    "has the vectors of both heads in its folder: %s",
    async (head) => {
      const first = inFolder(`first ${head}`);
      await writeModelFolder(first, { ...(await tinyContent()), head: randomHead(head) });
      const second = await lastStep(await tinyRun({ model: first, head, headDim: 9 }), runtime);
      const wanted = await second.embed(someTexts);
      const folder = inFolder(`second ${head}`);
      await writeModelFolder(folder, second.content);
      await second.release();
      expect(wanted.cols).toBe(9);
      expect(largestDifference(await vectorsOf(folder, runtime), wanted)).toBeLessThan(1e-5);
    },
  );
});

describe("writeModelFolder", () => {
  it("keeps prompts, and the default one's name, for readers that add them", async () => {
    const prompts = { query: "q: ", document: "d: " };
    const target = inFolder("prompted");
    await writeModelFolder(target, await tinyContent({ prompts, defaultPromptName: "query" }));
    const settings = json(target, "config_sentence_transformers.json");
    expect(settings).toMatchObject({ prompts, default_prompt_name: "query" });
    expect(settings.similarity_fn_name).toBe("cosine");
  });

  it("has no Normalize where vectors have no unit length, and the pooling of the encoder", async () => {
    const target = inFolder("lengths");
    await writeModelFolder(target, await tinyContent({ normalize: false, pooling: "cls" }));
    expect(json(target, "modules.json")).toHaveLength(2);
    expect(json(target, "1_Pooling", "config.json")).toMatchObject({
      pooling_mode_cls_token: true,
      pooling_mode_mean_tokens: false,
    });
  });

  it("has a file for each precision, by the names that transformers.js asks for", async () => {
    const target = inFolder("precisions");
    const calibrate = async (model: ModelProto) =>
      new Map(
        weightProducts(model.graph!).map(({ input, weight }) => {
          const channels = new Float32Array(Number(weight.dims[0]));
          const [least, most] = [-4, 4].map((edge) => channels.map(() => edge));
          return [input, { least, most, mean: channels, tokens: 1 }];
        }),
      );
    await writeModelFolder(target, await tinyContent(), {
      further: { precisions: ["fp16", "q8"], calibrate },
    });
    const names = ["model.onnx", "model_fp16.onnx", "model_quantized.onnx"];
    expect(readdirSync(join(target, "onnx")).sort()).toEqual(names);
    const [full, half, whole] = names.map((name) => {
      const { graph } = decode(readFileSync(join(target, "onnx", name)));
      return new Set(graph!.initializer.map(({ dataType }) => dataType));
    });
    const [float32, float16, int8] = (["float32", "float16", "int8"] as const).map(elementType);
    expect([full.has(float32), full.has(float16), full.has(int8)]).toEqual([true, false, false]);
    expect([half.has(float32), half.has(float16)]).toEqual([false, true]);
    expect([whole.has(float16), whole.has(int8)]).toEqual([false, true]);
  });

  it("leaves nothing where something fails on the way", async () => {
    const target = inFolder("failed");
    const extra = async () => {
      throw new Error("disk full");
    };
    await expect(writeModelFolder(target, await tinyContent(), { extra })).rejects.toThrow(
      "disk full",
    );
    expect(existsSync(target)).toBe(false);
    expect(readdirSync(inFolder("")).filter((name) => name.includes("failed"))).toEqual([]);
  });
});
