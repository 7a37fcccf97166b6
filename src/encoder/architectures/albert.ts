import type { Value } from "../../graph/ir.js";
import { activation } from "./activations.js";
import { embeddings } from "./bert.js";
import { type Blueprint, linear } from "./declare.js";
import { attentionMask } from "./masks.js";
import { type PostNormModules, postNormLayer, within } from "./post-norm.js";
import { textInputs } from "./text-inputs.js";

const LAYER: PostNormModules = {
  query: "attention.query",
  key: "attention.key",
  value: "attention.value",
  attentionOutput: "attention.dense",
  attentionNorm: "attention.LayerNorm",
  first: "ffn",
  second: "ffn_output",
  outputNorm: "full_layer_layer_norm",
};

/** ALBERT (Lan 2019): BERT with narrow embeddings and groups of layers that share their weights. Token vectors [B, T, H]. */
export function albert(print: Blueprint): Value {
  const { b, config } = print;
  const text = textInputs(b);
  const narrow = embeddings(print, text, "absolute");
  const width = config.size("hidden_size");
  const form = {
    width,
    inner: config.size("intermediate_size"),
    heads: config.size("num_attention_heads"),
    epsilon: config.number("layer_norm_eps", 1e-12),
    activation: activation(config, "hidden_act", "gelu_new"),
    mask: attentionMask(b, text),
  };
  const depth = config.size("num_hidden_layers");
  const groups = config.size("num_hidden_groups", 1);
  const inner = config.size("inner_group_num", 1);
  let x = linear(print, "encoder.embedding_hidden_mapping_in", narrow, {
    input: Number(narrow.shape.at(-1)),
    output: width,
  });
  for (let i = 0; i < depth; i++) {
    const group = Math.floor((i * groups) / depth);
    for (let k = 0; k < inner; k++) {
      const path = `encoder.albert_layer_groups.${group}.albert_layers.${k}`;
      x = postNormLayer(print, within(path, LAYER), x, form);
    }
  }
  return x;
}
