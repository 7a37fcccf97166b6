import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  architectureGraph,
  architectureParameters,
} from "../../../src/encoder/architectures/registry.js";
import type { JsonObject } from "../../../src/files/json-file.js";
import { TINY_CONFIGS } from "../../support/weights-folder.js";

const weightShapes = (config: JsonObject) => architectureParameters(config, "config.json");

const sizes = {
  ...{ hidden_size: 8, intermediate_size: 20, num_hidden_layers: 3, num_attention_heads: 2 },
  ...{ vocab_size: 50, max_position_embeddings: 30, type_vocab_size: 2 },
};

// Of each architecture: its config, a few of its names with their shapes, and how many weights it has.
const table: [string, JsonObject, Record<string, readonly number[]>, number][] = [
  [
    "bert",
    sizes,
    {
      "embeddings.word_embeddings.weight": [50, 8],
      "embeddings.token_type_embeddings.weight": [2, 8],
      "encoder.layer.2.attention.self.key.weight": [8, 8],
      "encoder.layer.0.attention.output.LayerNorm.bias": [8],
      "encoder.layer.1.intermediate.dense.weight": [20, 8],
      "encoder.layer.1.output.dense.weight": [8, 20],
    },
    5 + 3 * 16,
  ],
  ["roberta", sizes, { "embeddings.position_embeddings.weight": [30, 8] }, 5 + 3 * 16],
  ["xlm-roberta", sizes, { "encoder.layer.2.output.LayerNorm.weight": [8] }, 5 + 3 * 16],
  ["camembert", sizes, { "encoder.layer.0.attention.self.query.bias": [8] }, 5 + 3 * 16],
  [
    "electra",
    { ...sizes, embedding_size: 4 },
    {
      "embeddings.word_embeddings.weight": [50, 4],
      "embeddings.LayerNorm.weight": [4],
      "embeddings_project.weight": [8, 4],
      "encoder.layer.0.attention.self.query.weight": [8, 8],
    },
    5 + 2 + 3 * 16,
  ],
  [
    "mpnet",
    { ...sizes, relative_attention_num_buckets: 32 },
    {
      "encoder.relative_attention_bias.weight": [32, 2],
      "encoder.layer.0.attention.attn.q.weight": [8, 8],
      "encoder.layer.2.attention.LayerNorm.bias": [8],
    },
    4 + 1 + 3 * 16,
  ],
  [
    "distilbert",
    {
      dim: 8,
      hidden_dim: 20,
      n_layers: 2,
      n_heads: 2,
      vocab_size: 50,
      max_position_embeddings: 30,
    },
    {
      "transformer.layer.1.attention.q_lin.weight": [8, 8],
      "transformer.layer.0.ffn.lin1.weight": [20, 8],
      "transformer.layer.0.ffn.lin2.bias": [8],
      "transformer.layer.1.output_layer_norm.weight": [8],
    },
    4 + 2 * 16,
  ],
  [
    "albert",
    { ...sizes, embedding_size: 4, num_hidden_groups: 1, inner_group_num: 2 },
    {
      "encoder.embedding_hidden_mapping_in.weight": [8, 4],
      "encoder.albert_layer_groups.0.albert_layers.1.ffn_output.weight": [8, 20],
      "encoder.albert_layer_groups.0.albert_layers.0.attention.dense.bias": [8],
    },
    5 + 2 + 2 * 16,
  ],
];

describe("architectureParameters", () => {
  it.each(table)("names the weights of %s as Hugging Face does", (type, config, some, count) => {
    const shapes = weightShapes({ ...config, model_type: type });
    for (const [name, shape] of Object.entries(some))
      expect([name, shapes.get(name)]).toEqual([name, shape]);
    expect(shapes.size).toBe(count);
  });

  it("shares one layer's weights among all layers of ALBERT", () => {
    const of = (num_hidden_layers: number) =>
      weightShapes({ ...sizes, embedding_size: 4, num_hidden_layers, model_type: "albert" }).size;
    expect(of(12)).toBe(of(1));
  });

  // PyTorch's own parameters of the fixtures' encoders, written with them.
  it.each(
    readdirSync("test/fixtures/encoders", { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.includes("quantised"))
      .map(({ name }) => name),
  )("has every trained parameter of PyTorch's %s, in its shape", (name) => {
    const read = (file: string) =>
      JSON.parse(readFileSync(join("test/fixtures/encoders", name, file), "utf8"));
    const shapes = weightShapes(read("config.json"));
    const { parameters } = read("reference.json");
    expect(Object.keys(parameters).length).toBeGreaterThan(20);
    for (const [parameter, { shape }] of Object.entries<{ shape: number[] }>(parameters))
      expect([parameter, shapes.get(parameter)]).toEqual([parameter, shape]);
  });

  it.each([
    [{ ...sizes, hidden_size: "8" }, 'hidden_size must be a whole number above zero, got "8"'],
    [{ ...sizes, vocab_size: 0 }, "vocab_size must be a whole number above zero, got 0"],
    [
      { ...sizes, num_hidden_layers: undefined },
      "num_hidden_layers must be a whole number above zero, got nothing",
    ],
  ])("says what config.json lacks: %o", (config, message) => {
    expect(() => weightShapes({ ...config, model_type: "bert" })).toThrow(message);
  });
});

// Fields that the configurations of published models carry and that their classes do not read, or read at this value alone.
const published: [string, JsonObject][] = [
  ["distilbert", { tie_weights_: true, output_past: true, qa_dropout: 0.1 }],
  ["albert", { net_structure_type: 0, gap_size: 0, num_memory_blocks: 0, down_scale_factor: 1 }],
  ["xlm-roberta", { language: "english", name: "XLMRoberta", eos_token_ids: [0] }],
  ["modernbert", { layer_norm_eps: 1e-5, position_embedding_type: "absolute" }],
  ["modernbert", { position_embedding_type: "sans_pos", repad_logits_with_grad: false }],
  ["qwen3", { unsloth_fixed: true, partial_rotary_factor: 1, max_window_layers: 28 }],
];

describe("architectureGraph", () => {
  it.each(published)("of a published %s: %o changes nothing", (type, fields) => {
    const config = { ...TINY_CONFIGS[type], model_type: type };
    const names = ({ graph }: ReturnType<typeof architectureGraph>) =>
      graph.nodes.map(({ op, inputs }) => [op, ...inputs]);
    const plain = architectureGraph(config, "config.json");
    expect(names(architectureGraph({ ...config, ...fields }, "config.json"))).toEqual(names(plain));
  });
});
