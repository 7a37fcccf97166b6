import type { Value } from "../../graph/ir.js";
import { add, gather } from "../../graph/ops/index.js";
import { activation } from "./activations.js";
import type { Blueprint } from "./declare.js";
import { attentionMask } from "./masks.js";
import { layerNorm } from "./norms.js";
import { type PostNormModules, postNormLayer, within } from "./post-norm.js";
import { positionRows, textInputs } from "./text-inputs.js";

const LAYER: PostNormModules = {
  query: "attention.q_lin",
  key: "attention.k_lin",
  value: "attention.v_lin",
  attentionOutput: "attention.out_lin",
  attentionNorm: "sa_layer_norm",
  first: "ffn.lin1",
  second: "ffn.lin2",
  outputNorm: "output_layer_norm",
};

/** DistilBERT (Sanh 2019): BERT without token types, its variance always shifted by 1e-12. Token vectors [B, T, H]. */
export function distilbert(print: Blueprint): Value {
  const { b, weights, config } = print;
  const text = textInputs(b);
  const width = config.size("dim", 768);
  const positions = config.size("max_position_embeddings", 512);
  const words = weights.table("embeddings.word_embeddings", config.size("vocab_size"), width);
  const places = weights.table("embeddings.position_embeddings", positions, width);
  // Sinusoidal positions are only how the table was initialised.
  config.flag("sinusoidal_pos_embds", false);
  const sum = add(b, gather(b, words, text.ids), positionRows(b, places, text));
  const form = {
    width,
    inner: config.size("hidden_dim", 3072),
    heads: config.size("n_heads", 12),
    epsilon: 1e-12,
    activation: activation(config, "activation", "gelu"),
    mask: attentionMask(b, text),
  };
  let x = layerNorm(print, "embeddings.LayerNorm", sum, form);
  for (let i = 0; i < config.size("n_layers", 6); i++)
    x = postNormLayer(print, within(`transformer.layer.${i}`, LAYER), x, form);
  return x;
}
