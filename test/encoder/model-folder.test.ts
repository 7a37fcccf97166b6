import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readModelFolder } from "../../src/encoder/model-folder.js";
import { locateModel } from "../../src/encoder/model-location.js";
import { modelCopy, temporaryFolder, tiny, writeFiles } from "./model-copy.js";

const read = async (model: string | undefined) => readModelFolder(await locateModel(model));

const legacy = (...modes: string[]) => ({
  word_embedding_dimension: 256,
  ...Object.fromEntries(modes.map((mode) => [`pooling_mode_${mode}`, true])),
});
const module = (type: string, path = "") => ({ idx: 0, name: "0", path, type });
const withModules = (...types: string[]) => ({
  "modules.json": types.map((type) => module(`sentence_transformers.models.${type}`)),
});

describe("locateModel", () => {
  it("finds the bundled encoder wherever the program was started", async () => {
    const before = process.cwd();
    process.chdir(temporaryFolder());
    try {
      const { path, name, source } = await locateModel(undefined);
      expect({ name, source }).toEqual({ name: "embtune-mini-en", source: "bundled" });
      expect(readFileSync(join(path, "config.json"), "utf8")).toContain("BertModel");
    } finally {
      process.chdir(before);
    }
  });

  it("takes the model of a run folder", async () => {
    const run = temporaryFolder();
    writeFiles(run, { "run.json": {}, "model/config.json": {} });
    expect(await locateModel(run)).toMatchObject({ path: join(run, "model"), source: "run" });
  });

  it("says how to finish a run that has no model yet", async () => {
    const run = temporaryFolder();
    writeFiles(run, { "run.json": {} });
    await expect(locateModel(run)).rejects.toMatchObject({
      code: "run-without-model",
      exitCode: 1,
      hint: expect.stringContaining("--resume"),
    });
  });

  it("refuses a file", async () => {
    await expect(locateModel(`${tiny}/onnx/model.onnx`)).rejects.toMatchObject({
      code: "model-not-a-folder",
      exitCode: 2,
    });
  });

  it("suggests the folder beside a mistyped one", async () => {
    await expect(locateModel("models/embtune-mini-em")).rejects.toMatchObject({
      code: "no-such-model",
      exitCode: 2,
      message: 'model folder "models/embtune-mini-em" does not exist',
      hint: expect.stringContaining('did you mean "models/embtune-mini-en"?'),
    });
    await expect(locateModel("./no/such/folder/anywhere")).rejects.toMatchObject({
      code: "no-such-model",
      hint: expect.stringContaining("bundled"),
    });
  });
});

describe("did you mean", () => {
  it("lists what is there instead, and knows a folder of this machine from a hub id", async () => {
    await expect(locateModel("models/another")).rejects.toMatchObject({
      hint: 'in "models" there are embtune-mini-en',
    });
    await expect(locateModel("runs/none")).rejects.toMatchObject({
      hint: expect.not.stringContaining("hub"),
    });
    await expect(locateModel("some-org/some-model")).rejects.toMatchObject({
      hint: expect.stringContaining("--allow-download"),
    });
  });

  it("looks at folders only", async () => {
    const parent = temporaryFolder();
    writeFiles(parent, { "encoder-one": "a file", "encoder-two/config.json": {} });
    await expect(locateModel(join(parent, "encoder-twp"))).rejects.toMatchObject({
      hint: `did you mean "${join(parent, "encoder-two")}"?`,
    });
    await expect(locateModel(join(parent, "encoder-onee"))).rejects.toMatchObject({
      hint: expect.not.stringContaining("encoder-one"),
    });
  });
});

describe("a model folder", () => {
  it("finds the encoder of early sentence-transformers in the folder of the first module", async () => {
    const folder = temporaryFolder();
    const inner = join(folder, "0_Transformer");
    writeFiles(folder, {
      "modules.json": [
        module("sentence_transformers.models.Transformer", "0_Transformer"),
        module("sentence_transformers.models.Pooling", "1_Pooling"),
      ],
      "0_Transformer/config.json": { model_type: "distilbert" },
      "0_Transformer/model.safetensors": "",
      "0_Transformer/sentence_bert_config.json": { max_seq_length: 7 },
      "1_Pooling/config.json": legacy("mean_tokens"),
    });
    expect(await read(folder)).toMatchObject({
      ...{ path: folder, home: inner, modelFile: join(inner, "model.safetensors") },
      ...{ modelType: "distilbert", maxSeqLength: 7, modules: { pooling: "mean" } },
    });
  });

  it("is read with its own settings", async () => {
    const folder = await read(
      modelCopy({
        "sentence_bert_config.json": { max_seq_length: 77, do_lower_case: true },
        "config_sentence_transformers.json": {
          prompts: { query: "query: ", document: "passage: " },
          default_prompt_name: "document",
        },
      }),
    );
    expect(folder).toMatchObject({
      source: "folder",
      modelType: "bert",
      positions: 48,
      maxSeqLength: 77,
      lowerCase: true,
      prompts: { query: "query: ", document: "passage: " },
      defaultPromptName: "document",
      headFolded: false,
      modules: { pooling: "mean", includePrompt: true, normalize: true, stack: undefined },
    });
  });

  it("without modules.json leaves the pooling open", async () => {
    const folder = await read(modelCopy({ "modules.json": null }));
    expect(folder.modules).toBeUndefined();
  });

  it.each([
    ["the newer name", { embedding_dimension: 256, pooling_mode: "cls" }, "cls"],
    ["a list of one", { pooling_mode: ["lasttoken"] }, "last"],
    ["booleans: mean", legacy("mean_tokens"), "mean"],
    ["booleans: cls", legacy("cls_token"), "cls"],
    ["booleans: last", legacy("lasttoken"), "last"],
    ["no mode at all", { word_embedding_dimension: 256 }, "mean"],
    ["booleans: max", legacy("max_tokens"), "max"],
    ["several booleans", legacy("mean_tokens", "cls_token"), "cls+mean"],
    ["a list of several", { pooling_mode: ["weightedmean", "cls"] }, "weightedmean+cls"],
    ["both forms", { ...legacy("cls_token"), pooling_mode: "mean" }, "mean"],
  ])("reads a pooling written as %s", async (_, config, pooling) => {
    const folder = await read(modelCopy({ "1_Pooling/config.json": config }));
    expect(folder.modules?.pooling).toBe(pooling);
  });

  it("reads whether the prompt is pooled", async () => {
    const config = { ...legacy("mean_tokens"), include_prompt: false };
    const folder = await read(modelCopy({ "1_Pooling/config.json": config }));
    expect(folder.modules).toMatchObject({ pooling: "mean", includePrompt: false });
  });

  it("numbers positions as RoBERTa does", async () => {
    const config = { model_type: "roberta", max_position_embeddings: 514 };
    expect((await read(modelCopy({ "config.json": config }))).positions).toBe(512);
    expect((await read(modelCopy({ "config.json": {} }))).positions).toBeUndefined();
  });

  it("applies no Dense that its ONNX file holds already", async () => {
    const dense = withModules("Transformer", "Pooling", "Dense", "Normalize");
    dense["modules.json"][1].path = "1_Pooling";
    const config = JSON.parse(readFileSync(join(tiny, "config.json"), "utf8"));
    const folder = await read(
      modelCopy({ ...dense, "config.json": { ...config, head: "folded" } }),
    );
    expect(folder).toMatchObject({ headFolded: true, modules: { pooling: "mean" } });
  });

  it("may be in half precision", async () => {
    const folder = modelCopy({ "onnx/model.onnx": null, "onnx/model_fp16.onnx": "weights" });
    expect((await read(folder)).modelFile).toBe(join(folder, "onnx/model_fp16.onnx"));
  });
});

describe("a folder that cannot be used is an error that says what to do", () => {
  const noOnnx = { "onnx/model.onnx": null };
  it.each([
    {
      name: "only pytorch_model.bin",
      changes: { ...noOnnx, "pytorch_model.bin": "x" },
      error: {
        code: "no-onnx",
        message: /only pytorch_model\.bin/,
        hint: /pickles .* safe_serialization=True/,
      },
    },
    {
      name: "no weights",
      changes: noOnnx,
      error: {
        code: "no-onnx",
        message: /no model\.safetensors$/,
        hint: /--task feature-extraction/,
      },
    },
    {
      name: "only quantised weights",
      changes: { ...noOnnx, "onnx/model_quantized.onnx": "x" },
      error: {
        code: "quantized-only",
        message: /only onnx\/model_quantized\.onnx/,
        hint: /float32/,
      },
    },
    {
      name: "no config.json",
      changes: { "config.json": null },
      error: { code: "no-config", message: /no config\.json/, hint: /save_pretrained/ },
    },
    {
      name: "a config.json that is cut short",
      changes: { "config.json": '{"model_type": "be' },
      error: { code: "bad-json", message: /not valid JSON/, hint: /damaged/ },
    },
    {
      name: "a Dense without its settings",
      changes: withModules("Transformer", "Pooling", "Dense"),
      error: { code: "bad-config", message: /in_features must be/ },
    },
    {
      name: "a module that is not understood",
      changes: withModules("Transformer", "LSTM"),
      error: { code: "unknown-module", message: /LSTM/, hint: /Pooling/ },
    },
    {
      name: "a module outside the folder",
      changes: { "modules.json": [module("sentence_transformers.models.Pooling", "../../etc")] },
      error: { code: "bad-modules", message: /leads out of the folder/ },
    },
    {
      name: "a modules.json that is no list",
      changes: { "modules.json": { type: "x" } },
      error: { code: "bad-modules", message: /must list modules/ },
    },
    {
      name: "no pooling settings",
      changes: { "1_Pooling/config.json": null },
      error: { code: "no-pooling-config", message: /does not exist/ },
    },
    {
      name: "a pooling that is not known",
      changes: { "1_Pooling/config.json": { pooling_mode: ["mean", "attention"] } },
      error: { code: "unknown-pooling", message: /mean \+ attention/, hint: /weightedmean/ },
    },
  ])("$name", async ({ changes, error }) => {
    const expected = Object.entries(error).map(([key, value]) => [
      key,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]);
    await expect(read(modelCopy(changes))).rejects.toMatchObject({
      exitCode: 1,
      ...Object.fromEntries(expected),
    });
  });

  it("names the file that is wrong", async () => {
    const folder = modelCopy({ "config.json": "[1]" });
    await expect(read(folder)).rejects.toMatchObject({ at: { file: join(folder, "config.json") } });
  });
});
