import { describe, expect, it } from "vitest";
import { modelTypes } from "../../../src/encoder/architectures/registry.js";
import { prepareEncoder } from "../../../src/encoder/step/prepare.js";
import { textFeeds } from "../../../src/encoder/step/text-feeds.js";
import { toFloat32 } from "../../../src/encoder/weights/read-piece.js";
import { toParameters } from "../../../src/encoder/weights/to-parameters.js";
import { readWeightsGraph } from "../../../src/encoder/weights/weights-graph.js";
import { float32ToFloat16 } from "../../../src/math/float16.js";
import { float32, type Tensor } from "../../../src/math/tensor.js";
import { runGraph } from "../../support/run-graph.js";
import {
  folderOf,
  safetensors,
  TINY_CONFIGS,
  tinyParameters,
  weightsFolder,
} from "../../support/weights-folder.js";

const configOf = (type: string) => ({ model_type: type, ...TINY_CONFIGS[type] });
const bert = configOf("bert");
const texts = [
  [1, 2, 3, 4, 5, 6, 7],
  [8, 9],
].map((ids) => Int32Array.from(ids));

async function vectors(folder: string) {
  const { graph, hidden } = await readWeightsGraph(folder);
  const inputs = graph.inputs.map(({ name }) => name);
  return (await runGraph(graph, textFeeds(texts, { inputs, padId: 1 })))[hidden];
}

describe.each(modelTypes)("%s", (type) => {
  it("reads each parameter once, and gives back the file's", async () => {
    const tensors = tinyParameters(configOf(type));
    const { graph, pieces } = await readWeightsGraph(weightsFolder(configOf(type), tensors));
    const back = toParameters(pieces, (name) => graph.initializers.get(name)!);
    expect([...back.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const [name, tensor] of tensors) expect(back.get(name), name).toEqual(tensor);
  });

  it("knows layers and weights, and gives finite vectors to which padding makes no difference", async () => {
    const folder = weightsFolder(configOf(type));
    const { graph, hidden, pieces } = await readWeightsGraph(folder);
    const prepared = prepareEncoder(graph, hidden);
    expect(prepared.depth).toBe(2);
    expect(prepared.weights.map(({ name }) => name).sort()).toEqual(
      pieces.map(({ name }) => name).sort(),
    );
    const together = await vectors(folder);
    expect(together.shape).toEqual([2, 7, 8]);
    expect(together.data.every((x) => Number.isFinite(x))).toBe(true);
    const inputs = graph.inputs.map(({ name }) => name);
    const alone = (await runGraph(graph, textFeeds([texts[1]], { inputs, padId: 1 })))[hidden];
    const padded = together.data.slice(7 * 8, 9 * 8);
    for (const [i, x] of alone.data.entries()) expect(Number(x)).toBeCloseTo(Number(padded[i]), 5);
  });
});

describe("files of weights", () => {
  it("may name tensors as a class around the encoder does, and as early files did", async () => {
    const tensors = tinyParameters(bert);
    const renamed = [...tensors].map(([name, tensor]) => {
      const early = name
        .replace("LayerNorm.weight", "LayerNorm.gamma")
        .replace("LayerNorm.bias", "LayerNorm.beta");
      return [`bert.${early}`, tensor] as const;
    });
    const others = [
      ["cls.predictions.bias", float32([11], new Float32Array(11))],
      ["bert.pooler.dense.bias", float32([8], new Float32Array(8))],
    ] as const;
    const folder = weightsFolder(bert, new Map([...renamed, ...others]));
    expect(await vectors(folder)).toEqual(await vectors(weightsFolder(bert)));
  });

  it("are widened exactly from half precision", async () => {
    const numbers = [1, -2.5, 0.0999755859375, 65504, 2 ** -24];
    const halves = float32ToFloat16(Float32Array.from(numbers));
    expect([...toFloat32("F16", new Uint8Array(halves.buffer))]).toEqual(numbers);
    const upper = Uint16Array.of(0x3f80, 0xc020, 0x7f7f, 0x0001);
    expect([...toFloat32("BF16", new Uint8Array(upper.buffer))]).toEqual([
      1,
      -2.5,
      Math.fround(3.3895313892515355e38),
      2 ** -133,
    ]);
  });
});

describe("what cannot be used is named with file and field", () => {
  const without = (name: string) =>
    new Map([...tinyParameters(bert)].filter(([own]) => own !== name));
  const query = "encoder.layer.1.attention.self.query.weight";
  const withTensor = (name: string, tensor: Tensor) =>
    new Map([...tinyParameters(bert), [name, tensor]]);
  const cases: [string, () => string, Record<string, unknown>][] = [
    [
      "a missing tensor",
      () => weightsFolder(bert, without(query)),
      { code: "missing-tensor", message: expect.stringContaining(query) },
    ],
    [
      "a shape that does not fit",
      () => weightsFolder(bert, withTensor(query, float32([8, 4], new Float32Array(32)))),
      {
        code: "wrong-shape",
        message: expect.stringMatching(
          /query\.weight" has the shape \[8,4\], expected \[8,8\] \(hidden_size of config.json is 8\)/,
        ),
      },
    ],
    [
      "a tensor that the encoder does not have",
      () =>
        weightsFolder(
          bert,
          withTensor("encoder.layer.2.output.dense.bias", float32([8], new Float32Array(8))),
        ),
      {
        code: "unknown-tensor",
        message: expect.stringContaining("encoder.layer.2.output.dense.bias"),
      },
    ],
    [
      "whole numbers",
      () =>
        weightsFolder(
          bert,
          withTensor(query, { dtype: "int8", shape: [8, 8], data: new Int8Array(64) }),
        ),
      { code: "weight-type", message: expect.stringContaining("I8") },
    ],
    [
      "a missing shard",
      () =>
        folderOf({
          "config.json": JSON.stringify(bert),
          "model.safetensors.index.json": JSON.stringify({
            weight_map: { [query]: "model-2.safetensors" },
          }),
        }),
      { code: "missing-shard", message: expect.stringContaining("model-2.safetensors") },
    ],
    [
      "a shard without what the index says",
      () =>
        folderOf({
          "config.json": JSON.stringify(bert),
          "model-1.safetensors": safetensors(without(query)),
          "model.safetensors.index.json": JSON.stringify({
            weight_map: { [query]: "model-1.safetensors" },
          }),
        }),
      { code: "missing-tensor", message: expect.stringContaining(query) },
    ],
    [
      "a shard outside the folder",
      () =>
        folderOf({
          "config.json": JSON.stringify(bert),
          "model.safetensors.index.json": JSON.stringify({
            weight_map: { [query]: "../model.safetensors" },
          }),
        }),
      { code: "bad-index" },
    ],
    [
      "a pickle under the name of safetensors",
      () =>
        folderOf({
          "config.json": JSON.stringify(bert),
          "model.safetensors": Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0),
        }),
      { code: "pickle" },
    ],
    [
      "a file that is cut short",
      () =>
        folderOf({
          "config.json": JSON.stringify(bert),
          "model.safetensors": safetensors(tinyParameters(bert)).subarray(0, 3000),
        }),
      { code: "bad-safetensors" },
    ],
    [
      "a field that is not known",
      () => weightsFolder({ ...bert, attention_sinks: 4 }),
      { code: "unknown-config-field", message: expect.stringContaining("attention_sinks = 4") },
    ],
    [
      "a variant that is not known",
      () =>
        weightsFolder({ ...bert, position_embedding_type: "relative_key" }, tinyParameters(bert)),
      { code: "unknown-config-field", message: expect.stringContaining("position_embedding_type") },
    ],
    [
      "an activation that is not known",
      () => weightsFolder({ ...bert, hidden_act: "mish" }, tinyParameters(bert)),
      { code: "unknown-config-field", message: expect.stringContaining('hidden_act = "mish"') },
    ],
    [
      "a rotation that is not known",
      () =>
        weightsFolder(
          { ...configOf("llama"), rope_scaling: { rope_type: "longrope", factor: 4 } },
          tinyParameters(configOf("llama")),
        ),
      { code: "unknown-config-field", message: expect.stringContaining("longrope") },
    ],
    [
      "a size that is none",
      () =>
        folderOf({
          "config.json": JSON.stringify({ ...bert, hidden_size: "8" }),
          "model.safetensors": "",
        }),
      {
        code: "bad-config",
        message: expect.stringContaining('hidden_size must be a whole number above zero, got "8"'),
      },
    ],
    [
      "heads that do not divide the size",
      () =>
        folderOf({
          "config.json": JSON.stringify({ ...bert, num_attention_heads: 3 }),
          "model.safetensors": "",
        }),
      {
        code: "bad-config",
        message: expect.stringContaining("num_attention_heads must divide hidden_size"),
      },
    ],
    [
      "a thousand million layers",
      () =>
        folderOf({
          "config.json": JSON.stringify({ ...bert, num_hidden_layers: 1e9 }),
          "model.safetensors": "",
        }),
      { code: "bad-config", message: expect.stringContaining("num_hidden_layers must be at most") },
    ],
    [
      "code of its own",
      () =>
        folderOf({
          "config.json": JSON.stringify({ model_type: "new", auto_map: { AutoModel: "x" } }),
          "model.safetensors": "",
        }),
      {
        code: "unknown-architecture",
        message: expect.stringContaining("code of its own (auto_map)"),
        hint: expect.stringContaining("optimum-cli"),
      },
    ],
  ];
  it.each(cases)("%s", async (_, make, expected) => {
    const folder = make();
    await expect(readWeightsGraph(folder)).rejects.toMatchObject(expected);
    await expect(readWeightsGraph(folder)).rejects.toMatchObject({
      at: { file: expect.stringContaining(folder) },
    });
  });
});
