import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ModelSource } from "../../../src/export/model-source.js";
import { openModelSource } from "../../../src/export/model-source.js";
import { writeAdapterFolder } from "../../../src/export/sentence-transformers/adapter-folder.js";
import { writeSentenceTransformersFolder } from "../../../src/export/sentence-transformers/folder.js";
import { decodeSafetensors } from "../../../src/math/safetensors.js";
import { type Tensor, transposed } from "../../../src/math/tensor.js";
import { decode } from "../../../src/onnx/model.js";
import { toTensor } from "../../../src/onnx/tensor-proto.js";
import { openRuntime, type Runtime } from "../../../src/runtime/runtime.js";
import { inFolder } from "../../support/encoder-run.js";
import { lastStep, tinyEncoder, tinyRun } from "../tiny-run.js";

let runtime: Runtime;
/** A run that tuned adapters, and an MLP head behind them. */
let lora: ModelSource;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
  const run = await tinyRun({ tune: "lora", loraRank: 2, loraAlpha: 8, head: "mlp", headDim: 5 });
  lora = await lastStep(run, runtime);
});
afterAll(async () => {
  await lora.release();
  await runtime.close();
});

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"));
const tensorsOf = (...path: string[]): ReadonlyMap<string, Tensor> =>
  decodeSafetensors(readFileSync(join(...path)), join(...path)).tensors;

/** The initializers of the base encoder. */
function baseWeights(): Map<string, Tensor> {
  const { graph } = decode(readFileSync(lora.content.encoder.modelFile));
  return new Map(graph!.initializer.map((proto) => [proto.name, toTensor(proto)]));
}

describe("writeSentenceTransformersFolder", () => {
  const folder = inFolder("sentence transformers");
  beforeAll(() => writeSentenceTransformersFolder(folder, lora.content));

  it("lists the modules in the order in which they are applied, each in its folder", () => {
    const modules = json(folder, "modules.json") as { path: string; type: string; idx: number }[];
    expect(modules.map(({ type }) => type.split(".").at(-1))).toEqual([
      ...["Transformer", "Pooling", "Normalize", "Dense", "Dense", "Normalize"],
    ]);
    expect(modules.map(({ idx }) => idx)).toEqual([0, 1, 2, 3, 4, 5]);
    for (const { path, type } of modules)
      if (/Pooling|Dense/.test(type))
        expect(existsSync(join(folder, path, "config.json")), path).toBe(true);
  });

  it("pools the encoder's own vectors, and its Dense modules fit each other and the head", () => {
    expect(json(folder, "1_Pooling", "config.json").word_embedding_dimension).toBe(16);
    const [first, second] = ["3_Dense", "4_Dense"].map((name) => json(folder, name, "config.json"));
    expect([first.in_features, second.in_features, second.out_features]).toEqual([
      16,
      first.out_features,
      5,
    ]);
    expect(first.activation_function).toMatch(/GELU$/);
    expect(second.activation_function).toMatch(/Identity$/);
    for (const [name, config] of [
      ["3_Dense", first],
      ["4_Dense", second],
    ]) {
      const tensors = tensorsOf(folder, name, "model.safetensors");
      expect(tensors.get("linear.weight")!.shape).toEqual([
        config.out_features,
        config.in_features,
      ]);
      expect(tensors.has("linear.bias")).toBe(config.bias);
    }
  });

  it("has the merged weights under their Hugging Face names, the others as they were", () => {
    const written = tensorsOf(folder, "model.safetensors");
    const base = baseWeights();
    const name = "encoder.layer.0.attention.self.query.weight";
    const [tuned] = [...lora.content.weights!].filter(([, tensor]) =>
      equal(transposed(tensor), written.get(name)!),
    );
    expect(tuned).toBeDefined();
    expect(equal(transposed(base.get(tuned[0])!), written.get(name)!)).toBe(false);
    const word = "embeddings.word_embeddings.weight";
    const original = [...base].find(([key]) => key.endsWith(word))![1];
    expect(equal(written.get(word)!, original)).toBe(true);
  });

  it("says in its card what it is, and in its settings how long texts may be", () => {
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("Embedding: 5 numbers");
    expect(json(folder, "sentence_bert_config.json").max_seq_length).toBe(32);
    expect(json(folder, "config.json")).toMatchObject({ model_type: "bert", hidden_size: 16 });
  });

  it("refuses a model whose head is folded in, and one of an architecture without names", async () => {
    const target = inFolder("refused");
    const encoder = { ...lora.content.encoder, headFolded: true };
    await expect(
      writeSentenceTransformersFolder(target, { ...lora.content, encoder }),
    ).rejects.toMatchObject({ code: "head-folded", exitCode: 2 });
    const quantised = await openContent("bert-quantised-torchscript-14");
    await expect(writeSentenceTransformersFolder(target, quantised)).rejects.toMatchObject({
      code: "unmapped-weights",
    });
    expect(existsSync(target)).toBe(false);
  });
});

async function openContent(name: string): Promise<ModelSource["content"]> {
  const source = await openModelSource(tinyEncoder(name), runtime);
  await source.release();
  return source.content;
}

describe("writeAdapterFolder", () => {
  const folder = inFolder("adapter");
  beforeAll(() => writeAdapterFolder(folder, lora.content));

  it("keeps A and B of which W + α/r·(B·A)ᵀ is the merged weight", () => {
    const tensors = tensorsOf(folder, "adapter_model.safetensors");
    const config = json(folder, "adapter_config.json");
    const scale = config.lora_alpha / config.r;
    expect([config.r, config.lora_alpha, scale]).toEqual([2, 8, 4]);
    const base = baseWeights();
    const merged = lora.content.weights!;
    expect(lora.content.adapters!.length).toBe(config.target_modules.length);
    for (const [i, { weight }] of lora.content.adapters!.entries()) {
      const module = `base_model.model.${config.target_modules[i]}`;
      const a = tensors.get(`${module}.lora_A.weight`)!;
      const b = tensors.get(`${module}.lora_B.weight`)!;
      const [inner, outer] = base.get(weight)!.shape;
      expect([a.shape, b.shape]).toEqual([
        [2, inner],
        [outer, 2],
      ]);
      expect(Math.max(...change(a, b, scale).map((x, k) => difference(k, x)))).toBeLessThan(1e-5);
      expect(Math.max(...(b.data as Float32Array).map(Math.abs))).toBeGreaterThan(0);
      function difference(k: number, x: number): number {
        return Math.abs(
          x + Number(base.get(weight)!.data[k]) - Number(merged.get(weight)!.data[k]),
        );
      }
    }
  });

  it("names its base and the modules that the run adapted", () => {
    const config = json(folder, "adapter_config.json");
    expect(config).toMatchObject({ peft_type: "LORA", lora_dropout: 0, bias: "none" });
    expect(config.base_model_name_or_path).toBe("bert-torchscript-11");
    expect(config.target_modules).toContain("encoder.layer.1.attention.self.value");
    expect(config.target_modules.every((name: string) => /\.(query|value)$/.test(name))).toBe(true);
  });

  it("refuses what has no adapters", async () => {
    const { adapters: _, ...others } = lora.content;
    const target = inFolder("no adapter");
    await expect(writeAdapterFolder(target, others)).rejects.toMatchObject({
      code: "no-adapters",
      hint: expect.stringContaining("--interpolate 1"),
    });
    const { run: __, ...base } = lora.content;
    await expect(writeAdapterFolder(target, base)).rejects.toMatchObject({ code: "no-adapters" });
    expect(existsSync(target)).toBe(false);
  });
});

/** scale·(B·A)ᵀ of A [r, in] and B [out, r]: [in, out]. */
function change(a: Tensor, b: Tensor, scale: number): number[] {
  const [rank, inner] = a.shape;
  const [outer] = b.shape;
  return Array.from({ length: inner * outer }, (_, k) => {
    const [i, o] = [Math.floor(k / outer), k % outer];
    let sum = 0;
    for (let r = 0; r < rank; r++)
      sum += Number(b.data[o * rank + r]) * Number(a.data[r * inner + i]);
    return scale * sum;
  });
}

function equal(x: Tensor, y: Tensor): boolean {
  return `${x.shape}` === `${y.shape}` && x.data.every((value, i) => value === y.data[i]);
}
